/**
 * What the servers answer dynamically: the same choices in each server's own language, whose zones and configurations
 * the files in peers/ write, and what a right answer is.
 */
import { zoneName } from './data.ts';

/** The dynamic cases, which are also names in the zone. */
export const dynamicCases = ['ifportup', 'multi', 'weighted', 'geo', 'steered'] as const;
export type DynamicCase = (typeof dynamicCases)[number];

/** Whether a case's name is that of a dynamic one. */
export function isDynamicCase(name: string): name is DynamicCase {
  return dynamicCases.some((known) => known === name);
}

/** Addresses that listen while the benchmark runs. */
export const backends = ['127.77.0.1', '127.77.0.2', '127.77.0.3', '127.77.0.4'] as const;

/** Weights of the four addresses of `weighted`. */
export const weights = [40, 30, 20, 10] as const;

/** Which of the four addresses of `geo` a country gets; all others get the last. */
export const countries = ['DE', 'GB', 'US'] as const;
export const geoAddresses = ['192.0.2.10', '192.0.2.11', '192.0.2.12', '192.0.2.13'] as const;

/** What a server needs to know to answer dynamically. */
export interface DynamicPlace {
  /** Only these are in its zone and configuration. */
  readonly cases: readonly DynamicCase[];
  /** The backends' TCP port. */
  readonly backendPort: number;
  /** A MaxMind file in the form of GeoLite2-Country. */
  readonly databaseFile: string;
}

/** What every answer of a case has: so many records, each one of these addresses. */
export interface RightAnswer {
  readonly count: number;
  readonly addresses: readonly string[];
}

/** The right answers to a case; `country` is the client's. */
export function rightAnswer(name: DynamicCase, country?: string): RightAnswer {
  if (name === 'multi') return { count: backends.length, addresses: backends };
  if (name === 'ifportup' || name === 'steered') return { count: 1, addresses: backends.slice(0, 2) };
  if (name === 'weighted') return { count: 1, addresses: backends };
  const place = countries.findIndex((known) => known === country);
  return { count: 1, addresses: [geoAddresses.at(place) ?? ''] };
}

/** The name that a case asks for. */
export function caseName(name: DynamicCase): string {
  return `${name}.${zoneName}`;
}

/** The zone's lines in PowerDNS's language, which is ours; a case that has no like there has none. */
export function luaLines({ cases, backendPort }: DynamicPlace): string {
  const quoted = (list: readonly string[]): string => list.map((item) => `'${item}'`).join(',');
  const pairs = backends.map((address, index) => `{${weights[index] ?? 0},'${address}'}`).join(',');
  const byCountry = countries.map(
    (country, index) => `if country('${country}') then return '${geoAddresses[index] ?? ''}' end`,
  );
  const code: Readonly<Record<DynamicCase, string>> = {
    ifportup: `ifportup(${backendPort},{${quoted(backends.slice(0, 2))}})`,
    multi: `ifportup(${backendPort},{${quoted(backends)}},{selector='all'})`,
    weighted: `pickwrandom({${pairs}})`,
    geo: `;${byCountry.join(' ')} return '${geoAddresses[3]}'`,
    steered: "steer('www')",
  };
  return cases.map((name) => `${name} IN LUA A "${code[name]}"\n`).join('');
}
