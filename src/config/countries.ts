/** Codes of countries, their parts and continents as people write them (ISO 3166), and what was meant by a wrong one. */
import { countries } from '#geo/countries.ts';
import { joinOr } from './schema-shape.ts';

/** The codes of continents. */
export const continents: readonly string[] = ['AF', 'AN', 'AS', 'EU', 'NA', 'OC', 'SA'];

/** Why a code is none of a country; undefined for one that is. */
export function countryFault(code: string): string | undefined {
  if (countries.has(code)) return undefined;
  return `there is no country '${code}', expected a code of ISO 3166-1 such as DE${countryHint(code)}`;
}

/** Why a code is none of a continent; undefined for one that is. */
export function continentFault(code: string): string | undefined {
  if (continents.includes(code)) return undefined;
  const upper = code.toUpperCase();
  const hint = continents.includes(upper) ? `, did you mean '${upper}'?` : '';
  return `there is no continent '${code}', expected ${joinOr(continents)}${hint}`;
}

/** The country and its part in a code such as `US-CA` (ISO 3166-2), or why there is none. */
export function parseRegion(code: string): { readonly country: string; readonly region: string } | string {
  const [, country = '', region = ''] = /^([A-Z]{2})-([A-Z0-9]{1,3})$/.exec(code) ?? [];
  if (country === '') return `got '${code}', expected a code of ISO 3166-2 such as US-CA`;
  return countryFault(country) ?? { country, region };
}

function countryHint(code: string): string {
  const upper = code.toUpperCase();
  // The code of the United Kingdom is GB; UK is reserved and never given by a database.
  const meant = upper === 'UK' ? 'GB' : countries.has(upper) ? upper : codeOfName(upper);
  return meant === undefined ? '' : `, did you mean '${meant}'?`;
}

function codeOfName(upper: string): string | undefined {
  return [...countries].find(([, { name }]) => name.toUpperCase() === upper)?.[0];
}
