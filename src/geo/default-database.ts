/**
 * The database that comes with fairlead: countries of IPv4 and IPv6 networks, from the npm package
 * `@ip-location-db/geo-whois-asn-country-mmdb` (docs/adr/0022-own-reader-of-mmdb.md). Reading it is the caller's.
 */

/** Where the file is. */
export function defaultDatabaseUrl(): URL {
  return new URL(import.meta.resolve('@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb'));
}
