/** The rules of a `geo` step: places as written into what databases know, with the members that they lead to. */
import { parsePrefix } from '#base/ip.ts';
import { unwrapPrefix } from '#geo/addresses.ts';
import type { GeoMatch, GeoRule, PolicyStep } from '#steering/policy/model.ts';
import type { GeoFields } from '#steering/policy/schema.ts';
import { continentFault, countryFault, parseRegion } from './countries.ts';
import type { StepReader } from './policy-steps.ts';

const kinds = ['prefix', 'asn', 'region', 'country', 'continent'] as const;
type Kind = (typeof kinds)[number];

/** Reads the step; what is wrong is told at its place. */
export function readGeo(written: GeoFields, reader: StepReader): PolicyStep {
  const rules = kinds.flatMap((kind) => readKind(kind, written[kind], reader));
  for (const kind of kinds) {
    const map = written[kind];
    if (map !== undefined && Object.keys(map).length === 0) {
      reader.fail('got an empty map, expected a place and where it leads', ['geo', kind]);
    }
  }
  if (kinds.every((kind) => written[kind] === undefined)) {
    reader.fail(`no place is led anywhere, expected ${kinds.slice(0, -1).join(', ')} or continent`, ['geo']);
  }
  return { kind: 'geo', rules, fallback: readFallback(written.fallback, reader) };
}

function readKind(kind: Kind, map: GeoFields[Kind], reader: StepReader): readonly GeoRule[] {
  const seen = new Map<string, string>();
  return Object.entries(map ?? {}).flatMap(([text, words]): readonly GeoRule[] => {
    const path = ['geo', kind, text];
    const match = parseMatch(kind, text);
    const members = reader.members(words, path);
    if (typeof match === 'string') {
      reader.fail(match, path, 'key');
      return [];
    }
    const key = JSON.stringify(match);
    const first = seen.get(key);
    if (first !== undefined) {
      reader.fail(`'${text}' is the same as '${first}', expected it once`, path, 'key');
      return [];
    }
    seen.set(key, text);
    return [{ match, members }];
  });
}

/** What a rule looks at, or why the text says no such thing. */
function parseMatch(kind: Kind, text: string): GeoMatch | string {
  switch (kind) {
    case 'prefix': {
      const prefix = parsePrefix(text);
      if (prefix === undefined) return `got '${text}', expected a prefix such as 203.0.113.0/24, its host bits zero`;
      const unwrapped = unwrapPrefix(prefix);
      return unwrapped.ok ? { kind, prefix: unwrapped.value } : unwrapped.fault;
    }
    case 'asn': {
      const number = /^(?:AS)?(\d{1,10})$/i.exec(text)?.[1];
      const asn = Number(number ?? 0);
      return asn >= 1 && asn <= 4_294_967_294 ? { kind, asn } : `got '${text}', expected an AS number such as 64500`;
    }
    case 'region': {
      const region = parseRegion(text);
      return typeof region === 'string' ? region : { kind, ...region };
    }
    case 'country':
      return countryFault(text) ?? { kind, country: text };
    case 'continent':
      return continentFault(text) ?? { kind, continent: text };
  }
}

function readFallback(written: GeoFields['fallback'], { roster, members }: StepReader): readonly string[] {
  if (written === 'none') return [];
  return written === 'any' ? roster.names : members(written, ['geo', 'fallback']);
}
