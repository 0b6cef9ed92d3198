/** `nets` of `zones/*.yaml`: where networks are, over what databases say of them. */
import { z } from 'zod';
import type { IpPrefix } from '#base/ip.ts';
import { unwrapPrefix } from '#geo/addresses.ts';
import type { Place } from '#geo/source.ts';
import { continentFault, countryFault, parseRegion } from './countries.ts';
import { asn, ipPrefix } from './fields.ts';
import type { PolicyPlace } from './policy-place.ts';
import type { Problem } from './problem.ts';

/** The schema of one entry. */
export const netSchema = z.strictObject({
  prefix: ipPrefix,
  country: z.string().optional(),
  region: z.string().optional(),
  continent: z.string().optional(),
  asn: asn.optional(),
  latitude: z.number().min(-90).max(90).optional(),
  longitude: z.number().min(-180).max(180).optional(),
});

/** What the schema gives for an entry. */
export type NetFields = z.output<typeof netSchema>;

/** A network and what is known of its place. */
export interface NetConfig {
  /** Of IPv4 where it is one inside IPv6. */
  readonly prefix: IpPrefix;
  /** What is known of where it is replaces what databases say; the rest stays. */
  readonly known: Place;
  readonly place: PolicyPlace;
}

/** Builds an entry of what is written; what its country tells beside that is the atlas's to know. */
export function netFrom(fields: NetFields, place: PolicyPlace): NetConfig {
  const { continent, latitude, longitude } = fields;
  const region = fields.region === undefined ? undefined : parseRegion(fields.region);
  const part = typeof region === 'object' ? region : undefined;
  const country = fields.country ?? part?.country;
  const known: Place = {
    ...(country === undefined ? {} : { country }),
    ...(part === undefined ? {} : { region: part.region }),
    ...(continent === undefined ? {} : { continent }),
    ...(latitude === undefined || longitude === undefined ? {} : { latitude, longitude }),
    ...(fields.asn === undefined ? {} : { asn: fields.asn }),
  };
  const prefix = unwrapPrefix(fields.prefix);
  return { prefix: prefix.ok ? prefix.value : fields.prefix, known, place };
}

/** What is wrong with an entry in itself. */
export function netProblems(fields: NetFields, place: PolicyPlace): readonly Problem[] {
  const problems: Problem[] = [];
  const { prefix, ...said } = fields;
  const unwrapped = unwrapPrefix(prefix);
  if (!unwrapped.ok) problems.push(place.problem(unwrapped.fault, 'value', ['prefix']));
  const { country, continent, latitude, longitude } = said;
  if (Object.keys(said).length === 0) {
    const message = `nothing is said of '${prefix}', expected country, region, continent, asn, or latitude and longitude`;
    problems.push(place.problem(message));
  }
  const countryProblem = country === undefined ? undefined : countryFault(country);
  if (countryProblem !== undefined) problems.push(place.problem(countryProblem, 'value', ['country']));
  const continentProblem = continent === undefined ? undefined : continentFault(continent);
  if (continentProblem !== undefined) problems.push(place.problem(continentProblem, 'value', ['continent']));
  const region = said.region === undefined ? undefined : parseRegion(said.region);
  if (typeof region === 'string') problems.push(place.problem(region, 'value', ['region']));
  else if (region !== undefined && country !== undefined && region.country !== country) {
    const message = `'${said.region ?? ''}' is no part of ${country}, expected one such as ${country}-${region.region}`;
    problems.push(place.problem(message, 'value', ['region']));
  }
  if ((latitude === undefined) !== (longitude === undefined)) {
    const [key, other] = latitude === undefined ? ['longitude', 'latitude'] : ['latitude', 'longitude'];
    problems.push(place.problem(`got '${key}' alone, expected '${other}' beside it`, 'key', [key]));
  }
  return problems;
}
