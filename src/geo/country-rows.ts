/**
 * The rows of countries.ts: code of ISO 3166-1 alpha-2, continent, latitude and longitude in degrees, English name.
 * `XK`, which the standard leaves to its users, is Kosovo as in the data of most providers; `AN`, withdrawn in 2010, is
 * still in registries.
 *
 * This table is facts, written for fairlead. It is dedicated to the public domain: SPDX-License-Identifier: CC0-1.0.
 */
export const countryRows = `
AD EU 42.5 1.6 Andorra
AE AS 24.0 54.0 United Arab Emirates
AF AS 33.9 67.7 Afghanistan
AG NA 17.1 -61.8 Antigua and Barbuda
AI NA 18.2 -63.1 Anguilla
AL EU 41.2 20.2 Albania
AM AS 40.1 45.0 Armenia
AN NA 12.4 -68.5 Netherlands Antilles
AO AF -11.2 17.9 Angola
AQ AN -80.0 0.0 Antarctica
AR SA -38.4 -63.6 Argentina
AS OC -14.3 -170.7 American Samoa
AT EU 47.5 14.6 Austria
AU OC -25.3 133.8 Australia
AW NA 12.5 -70.0 Aruba
AX EU 60.2 20.0 Åland Islands
AZ AS 40.1 47.6 Azerbaijan
BA EU 43.9 17.7 Bosnia and Herzegovina
BB NA 13.2 -59.5 Barbados
BD AS 23.7 90.4 Bangladesh
BE EU 50.5 4.5 Belgium
BF AF 12.2 -1.6 Burkina Faso
BG EU 42.7 25.5 Bulgaria
BH AS 26.1 50.6 Bahrain
BI AF -3.4 29.9 Burundi
BJ AF 9.3 2.3 Benin
BL NA 17.9 -62.8 Saint Barthélemy
BM NA 32.3 -64.8 Bermuda
BN AS 4.5 114.7 Brunei
BO SA -16.3 -63.6 Bolivia
BQ NA 12.2 -68.3 Bonaire, Sint Eustatius and Saba
BR SA -14.2 -51.9 Brazil
BS NA 25.0 -77.4 Bahamas
BT AS 27.5 90.4 Bhutan
BV AN -54.4 3.4 Bouvet Island
BW AF -22.3 24.7 Botswana
BY EU 53.7 28.0 Belarus
BZ NA 17.2 -88.5 Belize
CA NA 56.1 -106.3 Canada
CC AS -12.2 96.9 Cocos (Keeling) Islands
CD AF -4.0 21.8 DR Congo
CF AF 6.6 20.9 Central African Republic
CG AF -0.2 15.8 Congo
CH EU 46.8 8.2 Switzerland
CI AF 7.5 -5.5 Côte d'Ivoire
CK OC -21.2 -159.8 Cook Islands
CL SA -35.7 -71.5 Chile
CM AF 7.4 12.4 Cameroon
CN AS 35.9 104.2 China
CO SA 4.6 -74.3 Colombia
CR NA 9.7 -83.8 Costa Rica
CU NA 21.5 -77.8 Cuba
CV AF 15.1 -23.6 Cabo Verde
CW NA 12.2 -69.0 Curaçao
CX AS -10.4 105.7 Christmas Island
CY AS 35.1 33.4 Cyprus
CZ EU 49.8 15.5 Czechia
DE EU 51.2 10.5 Germany
DJ AF 11.8 42.6 Djibouti
DK EU 56.3 9.5 Denmark
DM NA 15.4 -61.4 Dominica
DO NA 18.7 -70.2 Dominican Republic
DZ AF 28.0 1.7 Algeria
EC SA -1.8 -78.2 Ecuador
EE EU 58.6 25.0 Estonia
EG AF 26.8 30.8 Egypt
EH AF 24.2 -12.9 Western Sahara
ER AF 15.2 39.8 Eritrea
ES EU 40.5 -3.7 Spain
ET AF 9.1 40.5 Ethiopia
FI EU 61.9 25.7 Finland
FJ OC -17.7 178.1 Fiji
FK SA -51.8 -59.5 Falkland Islands
FM OC 6.9 158.2 Micronesia
FO EU 61.9 -6.9 Faroe Islands
FR EU 46.2 2.2 France
GA AF -0.8 11.6 Gabon
GB EU 54.0 -2.0 United Kingdom
GD NA 12.1 -61.7 Grenada
GE AS 42.3 43.4 Georgia
GF SA 3.9 -53.1 French Guiana
GG EU 49.5 -2.6 Guernsey
GH AF 7.9 -1.0 Ghana
GI EU 36.1 -5.3 Gibraltar
GL NA 71.7 -42.6 Greenland
GM AF 13.4 -15.3 Gambia
GN AF 9.9 -9.7 Guinea
GP NA 16.3 -61.6 Guadeloupe
GQ AF 1.7 10.3 Equatorial Guinea
GR EU 39.1 21.8 Greece
GS AN -54.4 -36.6 South Georgia and the South Sandwich Islands
GT NA 15.8 -90.2 Guatemala
GU OC 13.4 144.8 Guam
GW AF 11.8 -15.2 Guinea-Bissau
GY SA 4.9 -58.9 Guyana
HK AS 22.3 114.2 Hong Kong
HM AN -53.1 73.5 Heard Island and McDonald Islands
HN NA 15.2 -86.2 Honduras
HR EU 45.1 15.2 Croatia
HT NA 19.0 -72.3 Haiti
HU EU 47.2 19.5 Hungary
ID AS -0.8 113.9 Indonesia
IE EU 53.4 -8.2 Ireland
IL AS 31.0 34.9 Israel
IM EU 54.2 -4.5 Isle of Man
IN AS 20.6 79.0 India
IO AS -7.3 72.4 British Indian Ocean Territory
IQ AS 33.2 43.7 Iraq
IR AS 32.4 53.7 Iran
IS EU 65.0 -19.0 Iceland
IT EU 41.9 12.6 Italy
JE EU 49.2 -2.1 Jersey
JM NA 18.1 -77.3 Jamaica
JO AS 30.6 36.2 Jordan
JP AS 36.2 138.3 Japan
KE AF 0.0 37.9 Kenya
KG AS 41.2 74.8 Kyrgyzstan
KH AS 12.6 105.0 Cambodia
KI OC 1.4 173.0 Kiribati
KM AF -11.9 43.9 Comoros
KN NA 17.4 -62.8 Saint Kitts and Nevis
KP AS 40.3 127.5 North Korea
KR AS 35.9 127.8 South Korea
KW AS 29.3 47.5 Kuwait
KY NA 19.3 -81.3 Cayman Islands
KZ AS 48.0 66.9 Kazakhstan
LA AS 19.9 102.5 Laos
LB AS 33.9 35.9 Lebanon
LC NA 13.9 -61.0 Saint Lucia
LI EU 47.2 9.6 Liechtenstein
LK AS 7.9 80.8 Sri Lanka
LR AF 6.4 -9.4 Liberia
LS AF -29.6 28.2 Lesotho
LT EU 55.2 23.9 Lithuania
LU EU 49.8 6.1 Luxembourg
LV EU 56.9 24.6 Latvia
LY AF 26.3 17.2 Libya
MA AF 31.8 -7.1 Morocco
MC EU 43.7 7.4 Monaco
MD EU 47.4 28.4 Moldova
ME EU 42.7 19.4 Montenegro
MF NA 18.1 -63.1 Saint Martin
MG AF -18.8 46.9 Madagascar
MH OC 7.1 171.2 Marshall Islands
MK EU 41.6 21.7 North Macedonia
ML AF 17.6 -4.0 Mali
MM AS 21.9 96.0 Myanmar
MN AS 46.9 103.8 Mongolia
MO AS 22.2 113.5 Macao
MP OC 15.2 145.7 Northern Mariana Islands
MQ NA 14.6 -61.0 Martinique
MR AF 21.0 -10.9 Mauritania
MS NA 16.7 -62.2 Montserrat
MT EU 35.9 14.4 Malta
MU AF -20.3 57.6 Mauritius
MV AS 3.2 73.2 Maldives
MW AF -13.3 34.3 Malawi
MX NA 23.6 -102.6 Mexico
MY AS 4.2 102.0 Malaysia
MZ AF -18.7 35.5 Mozambique
NA AF -22.6 17.1 Namibia
NC OC -20.9 165.6 New Caledonia
NE AF 17.6 8.1 Niger
NF OC -29.0 168.0 Norfolk Island
NG AF 9.1 8.7 Nigeria
NI NA 12.9 -85.2 Nicaragua
NL EU 52.1 5.3 Netherlands
NO EU 60.5 8.5 Norway
NP AS 28.4 84.1 Nepal
NR OC -0.5 166.9 Nauru
NU OC -19.1 -169.9 Niue
NZ OC -40.9 174.9 New Zealand
OM AS 21.5 55.9 Oman
PA NA 8.5 -80.8 Panama
PE SA -9.2 -75.0 Peru
PF OC -17.7 -149.4 French Polynesia
PG OC -6.3 144.0 Papua New Guinea
PH AS 12.9 121.8 Philippines
PK AS 30.4 69.3 Pakistan
PL EU 51.9 19.1 Poland
PM NA 46.9 -56.3 Saint Pierre and Miquelon
PN OC -25.1 -130.1 Pitcairn
PR NA 18.2 -66.6 Puerto Rico
PS AS 32.0 35.2 Palestine
PT EU 39.4 -8.2 Portugal
PW OC 7.5 134.6 Palau
PY SA -23.4 -58.4 Paraguay
QA AS 25.4 51.2 Qatar
RE AF -21.1 55.5 Réunion
RO EU 45.9 25.0 Romania
RS EU 44.0 21.0 Serbia
RU EU 55.8 49.1 Russia
RW AF -1.9 29.9 Rwanda
SA AS 23.9 45.1 Saudi Arabia
SB OC -9.6 160.2 Solomon Islands
SC AF -4.7 55.5 Seychelles
SD AF 15.5 30.2 Sudan
SE EU 60.1 18.6 Sweden
SG AS 1.4 103.8 Singapore
SH AF -15.9 -5.7 Saint Helena, Ascension and Tristan da Cunha
SI EU 46.2 15.0 Slovenia
SJ EU 78.2 15.6 Svalbard and Jan Mayen
SK EU 48.7 19.7 Slovakia
SL AF 8.5 -11.8 Sierra Leone
SM EU 43.9 12.5 San Marino
SN AF 14.5 -14.5 Senegal
SO AF 5.2 46.2 Somalia
SR SA 3.9 -56.0 Suriname
SS AF 7.9 30.0 South Sudan
ST AF 0.2 6.6 São Tomé and Príncipe
SV NA 13.8 -88.9 El Salvador
SX NA 18.0 -63.1 Sint Maarten
SY AS 34.8 39.0 Syria
SZ AF -26.5 31.5 Eswatini
TC NA 21.7 -71.8 Turks and Caicos Islands
TD AF 15.5 18.7 Chad
TF AN -49.3 69.3 French Southern Territories
TG AF 8.6 0.8 Togo
TH AS 15.9 101.0 Thailand
TJ AS 38.9 71.3 Tajikistan
TK OC -9.2 -171.8 Tokelau
TL OC -8.9 125.7 Timor-Leste
TM AS 39.0 59.6 Turkmenistan
TN AF 33.9 9.5 Tunisia
TO OC -21.2 -175.2 Tonga
TR AS 39.0 35.2 Türkiye
TT NA 10.7 -61.2 Trinidad and Tobago
TV OC -8.5 179.2 Tuvalu
TW AS 23.7 121.0 Taiwan
TZ AF -6.4 34.9 Tanzania
UA EU 48.4 31.2 Ukraine
UG AF 1.4 32.3 Uganda
UM OC 19.3 166.6 United States Minor Outlying Islands
US NA 38.0 -97.0 United States
UY SA -32.5 -55.8 Uruguay
UZ AS 41.4 64.6 Uzbekistan
VA EU 41.9 12.5 Vatican City
VC NA 13.2 -61.2 Saint Vincent and the Grenadines
VE SA 6.4 -66.6 Venezuela
VG NA 18.4 -64.6 British Virgin Islands
VI NA 18.3 -64.8 US Virgin Islands
VN AS 14.1 108.3 Vietnam
VU OC -15.4 167.0 Vanuatu
WF OC -13.8 -177.2 Wallis and Futuna
WS OC -13.8 -172.1 Samoa
XK EU 42.6 20.9 Kosovo
YE AS 15.6 48.5 Yemen
YT AF -12.8 45.2 Mayotte
ZA AF -30.6 22.9 South Africa
ZM AF -13.1 27.8 Zambia
ZW AF -19.0 29.2 Zimbabwe
`;
