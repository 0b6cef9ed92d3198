/**
 * A master file's text into a checked zone, or into everything that is wrong with it (RFC 1035 §5, R29).
 *
 * Text becomes records (directives.ts, record-reader.ts); what lies outside the zone or is written twice is dropped; the
 * rest is judged (checks.ts) and its code compiled for its faults (lua-code.ts).
 */
import { present } from '#base/assert.ts';
import { recordType } from '../wire/constants.ts';
import { equalNames, formatName } from '../wire/name.ts';
import type { Name } from '../wire/name.ts';
import { MasterFileReader } from './directives.ts';
import type { IncludeText } from './directives.ts';
import type { DynamicCompiler } from './dynamic.ts';
import { findRepeated } from './equal-records.ts';
import { compileCodes } from './lua-code.ts';
import type { ZoneProblem } from './problem.ts';
import { ProblemLog } from './problem-log.ts';
import { RecordReader } from './record-reader.ts';
import { ZoneRecords } from './records.ts';
import type { SourceText } from './source-text.ts';
import { checkZone } from './checks.ts';
import type { ZoneData } from './zone-data.ts';
import { namesOutside, ZoneNames } from './zone-names.ts';

export type { ZoneData } from './zone-data.ts';

/** A zone file: its name for messages, its text, and the origin that relative names begin with. */
export interface ZoneSource {
  readonly file: string;
  readonly text: string;
  readonly origin: Name;
  /** Text of an included file by the name as written, or why it cannot be had; without it `$INCLUDE` is refused. */
  readonly include?: IncludeText;
}

/** The zone where there is no error; all problems, warnings too, in the order of the files. */
export interface ReadZone {
  readonly zone: ZoneData | undefined;
  readonly problems: readonly ZoneProblem[];
}

/**
 * Reads one zone. Its apex is the owner of its SOA record: the one at `origin`, or else the first.
 *
 * `compile` is asked for each `LUA` record, also where other things are wrong, and what it makes is dropped.
 */
export function readZone(source: ZoneSource, options: { readonly compile: DynamicCompiler }): ReadZone {
  const log = new ProblemLog();
  const written = new ZoneRecords();
  const files = new MasterFileReader(new RecordReader(written, log, source.origin), source.include);
  files.read(source.file, source.text);
  const { sources } = files;
  const apex = findApex(written, source.origin);
  if (apex === undefined) {
    // An SOA that could not be read is reported already.
    if (!log.hasErrors) {
      const expected = 'expected one, such as "@ IN SOA ns1 hostmaster 1 3600 600 1209600 60"';
      log.error({ source: 0, offset: 0 }, `the zone has no SOA record: ${expected}`);
    }
    return { zone: undefined, problems: log.problems(sources) };
  }
  const records = dropRepeated(dropOutside(written, apex, log));
  checkSoas(records, apex, sources, log);
  const names = new ZoneNames(records, apex);
  checkZone(names, records.find(names.apexId, recordType.SOA), log);
  compileCodes({ apex, records }, sources, options.compile, log);
  const positionOf: ZoneData['positionOf'] = (record) => {
    const place = records.placeOf(record);
    return present(sources[place.source], 'the source of a record').positionOf(place.offset);
  };
  const zone = log.hasErrors ? undefined : { apex, apexId: names.apexId, records, positionOf };
  return { zone, problems: log.problems(sources) };
}

function findApex(records: ZoneRecords, origin: Name): Name | undefined {
  let apex: Name | undefined;
  for (let id = 0; id < records.count; id++) {
    if (records.type[id] !== recordType.SOA) continue;
    const owner = records.names.name(records.owner[id] ?? 0);
    if (equalNames(owner, origin)) return owner;
    apex ??= owner;
  }
  return apex;
}

/** Records of other zones are left out, once reported for each name (as in BIND). */
function dropOutside(records: ZoneRecords, apex: Name, log: ProblemLog): ZoneRecords {
  const outside = namesOutside(records.names, apex);
  if (!outside.includes(1)) return records;
  const isDropped = new Uint8Array(records.count);
  for (let id = 0; id < records.count; id++) {
    const name = records.owner[id] ?? 0;
    if (outside[name] !== 1) continue;
    isDropped[id] = 1;
    if (records.firstOf(name) !== id) continue;
    const found = `"${formatName(records.names.name(name))}" is outside the zone and left out`;
    log.warning(records.placeOf(id), `${found}: expected a name at or below ${formatName(apex)}`);
  }
  return records.without(isDropped);
}

/** Equal records are one record (RFC 2181 §5). */
function dropRepeated(records: ZoneRecords): ZoneRecords {
  const repeated = findRepeated(records);
  return repeated === undefined ? records : records.without(repeated);
}

/** One SOA, at the apex, written out. */
function checkSoas(records: ZoneRecords, apex: Name, sources: readonly SourceText[], log: ProblemLog): void {
  const apexId = records.names.idOf(apex);
  const soa = records.find(apexId, recordType.SOA);
  const place = records.placeOf(soa);
  if (records.codes.has(soa)) log.error(place, 'an SOA record cannot be code: expected it written out');
  let line: number | undefined;
  for (let id = 0; id < records.count; id++) {
    if (records.type[id] !== recordType.SOA || id === soa) continue;
    const owner = records.owner[id] ?? 0;
    const where = owner === apexId ? '' : ` at ${formatName(records.names.name(owner))}`;
    line ??= present(sources[place.source], 'the source of a record').positionOf(place.offset).line;
    log.error(records.placeOf(id), `a second SOA record${where}: expected only the one in line ${line}`);
  }
}
