/**
 * Countries: name, continent and a point in their middle, by the codes of ISO 3166-1 alpha-2. So continents and
 * distances work with a database that knows no more than the country. The rows are in country-rows.ts.
 */
import { countryRows } from './country-rows.ts';

export interface Country {
  readonly name: string;
  /** `AF`, `AN`, `AS`, `EU`, `NA`, `OC` or `SA`. */
  readonly continent: string;
  /** Degrees, of a point in the middle of the land or of where most people live. */
  readonly latitude: number;
  readonly longitude: number;
}

/** All countries by their codes, two letters in upper case. */
export const countries: ReadonlyMap<string, Country> = new Map(countryRows.trim().split('\n').map(readRow));

function readRow(row: string): readonly [string, Country] {
  const [code = '', continent = '', latitude, longitude, ...name] = row.split(' ');
  return [code, { name: name.join(' '), continent, latitude: Number(latitude), longitude: Number(longitude) }];
}
