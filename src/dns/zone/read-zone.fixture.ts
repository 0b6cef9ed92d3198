/** Zones for tests: text in, lines and problems out. */
import assert from 'node:assert/strict';
import { refuse } from '#base/result.ts';
import { typeName } from '../wire/constants.ts';
import { formatName, parseName } from '../wire/name.ts';
import type { Name } from '../wire/name.ts';
import { formatRdata } from '../wire/rdata.ts';
import type { DynamicCompiler } from './dynamic.ts';
import { formatZoneProblem } from './problem.ts';
import { readZone } from './read-zone.ts';
import type { ReadZone, ZoneData, ZoneSource } from './read-zone.ts';

/** The SOA and NS that a zone needs, in two lines. */
export const head = '@ 300 IN SOA ns1.test. admin.test. 1 3600 600 86400 60\n@ 300 IN NS ns1.test.\n';

/** A name that is known to be one. */
export function name(text: string): Name {
  const parsed = parseName(text);
  assert.ok(parsed.ok, text);
  return parsed.value;
}

/** Refuses all code. */
export const noCode: DynamicCompiler = () => refuse({ message: 'no code here', offset: 0 });

/** Reads a text as example.com.zone. */
export function read(
  text: string,
  options: { readonly compile?: DynamicCompiler; readonly include?: ZoneSource['include'] } = {},
): ReadZone {
  const { compile = noCode, include } = options;
  const source = { file: 'example.com.zone', text, origin: name('example.com.') };
  return readZone(include === undefined ? source : { ...source, include }, { compile });
}

/** The problems of a text, one line each. */
export function problemsOf(text: string): readonly string[] {
  return read(text).problems.map(formatZoneProblem);
}

/** Every record of a zone in the order of writing, one line each. */
export function lines(zone: ZoneData | undefined): string[] {
  assert.ok(zone !== undefined, 'the zone is read');
  const { records } = zone;
  return Array.from({ length: records.count }, (_, id) => {
    const owner = formatName(records.names.name(records.owner[id] ?? 0));
    const type = records.type[id] ?? 0;
    const data = formatRdata(type, records.dataOf(id));
    return `${owner} ${records.ttlSeconds[id] ?? 0} ${typeName(type)} ${data}`;
  });
}
