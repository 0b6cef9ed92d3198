/**
 * Whether records make a sound zone: one SOA, name servers that can be reached, aliases alone at their name
 * (RFC 1034 §3.6.2, RFC 1912 §2, RFC 2181 §5.2 and §10, RFC 4592 §4, RFC 6672 §2.3).
 *
 * What is an error and what a warning follows BIND's named-checkzone (9.18) in its default mode. On purpose:
 * - glue that is missing below its own delegation is an error here, since nobody could resolve the child; BIND only
 *   says so;
 * - the apex is where the SOA stands, also where that is not the name that the file was read for;
 * - warnings that BIND does not have: data that is never answered because it lies below a delegation or DNAME or is
 *   too large for a message, a second ALIAS, DS without NS, wildcards of DNAME, SOA times against RFC 1912 §2.2;
 * - host names with unusual letters (BIND's check-names) and names of other zones are not looked at.
 * In reading, TTLs above 2^31 - 1 are refused, where BIND makes 0 of them; `$GENERATE` is bounded and its range must be
 * one to its last character.
 */
import { recordType, typeName } from '../wire/constants.ts';
import { formatName } from '../wire/name.ts';
import { checkTtls } from './equal-records.ts';
import type { ProblemLog } from './problem-log.ts';
import { none } from './records.ts';
import type { ZoneRecords } from './records.ts';
import { checkSetSizes } from './set-sizes.ts';
import { TargetChecker } from './target-checks.ts';
import { content, contentOf } from './zone-names.ts';
import type { ZoneNames } from './zone-names.ts';

/** Reports everything that keeps the zone from being served, and what is only unwise. */
export function checkZone(zone: ZoneNames, soa: number, log: ProblemLog): void {
  const { records, apex, apexId } = zone;
  const targets = new TargetChecker(zone, log);
  for (let name = 0; name < records.names.count; name++) {
    const first = records.firstOf(name);
    if (first === none) continue;
    if (records.next[first] !== none) {
      checkTtls(records, name, log);
      checkAlone(zone, name, log);
    }
    checkSetSizes(records, name, log);
    checkWildcard(zone, name, log);
    const bottom = zone.bottomAbove(name);
    if (bottom !== none) targets.checkBelow(name, bottom);
    else targets.checkAt(name);
    if (zone.has(name, content.ds)) checkDs(zone, name, log);
  }
  checkSoa(records, soa, log);
  if (zone.has(apexId, content.ns)) return;
  log.error(records.placeOf(soa), `the zone has no NS record: expected at least one at ${formatName(apex)}`);
}

/** A name has one CNAME and nothing else, or one DNAME, or one ALIAS. */
function checkAlone(zone: ZoneNames, name: number, log: ProblemLog): void {
  if (!zone.has(name, content.cname | content.dname | content.alias)) return;
  const { records } = zone;
  if (zone.has(name, content.alias)) checkOneAlias(records, name, log);
  if (!zone.has(name, content.cname | content.dname)) return;
  const owner = formatName(records.names.name(name));
  for (const type of [recordType.CNAME, recordType.DNAME]) {
    const second = records.findAll(name, type)[1];
    if (second === undefined) continue;
    log.error(records.placeOf(second), `a second ${typeName(type)} at ${owner}: expected only one`);
  }
  const types = new Set<number>();
  for (let id = records.firstOf(name); id !== none; id = records.next[id] ?? none) {
    const type = records.type[id] ?? 0;
    if (types.has(type)) continue;
    types.add(type);
    if (zone.has(name, content.cname)) {
      if ((contentOf(type) & content.other) === 0) continue;
      const message = `${typeName(type)} at ${owner} beside a CNAME: expected the CNAME alone at its name`;
      log.error(records.placeOf(id), message);
    } else if (type === recordType.NS && name !== zone.apexId) {
      log.warning(records.placeOf(id), `NS at ${owner} beside a DNAME: expected only one of them below the apex`);
    }
  }
}

function checkOneAlias(records: ZoneRecords, name: number, log: ProblemLog): void {
  const second = records.findAll(name, recordType.ALIAS)[1];
  if (second === undefined) return;
  const owner = formatName(records.names.name(name));
  log.warning(records.placeOf(second), `a second ALIAS at ${owner}: only the first is followed`);
}

function checkWildcard({ records, apex, contents }: ZoneNames, name: number, log: ProblemLog): void {
  const { bytes, offsets } = records.names;
  const offset = offsets[name] ?? 0;
  const first = records.firstOf(name);
  const end = records.names.lengthOf(name) - apex.length;
  let label = 0;
  for (let at = 0; at < end; at += 1 + (bytes[offset + at] ?? 0), label++) {
    if (bytes[offset + at] !== 1 || bytes[offset + at + 1] !== 0x2a) continue;
    const bits = contents[name] ?? 0;
    const owner = formatName(records.names.name(name));
    if (label > 0) {
      const message = `${owner} has an asterisk inside: expected it as the first label, or it matches nothing`;
      log.warning(records.placeOf(first), message);
    } else if ((bits & content.ns) !== 0) {
      const id = records.find(name, recordType.NS);
      log.error(records.placeOf(id), `NS at the wildcard ${owner}: expected a delegation at a name (RFC 4592)`);
    } else if ((bits & content.dname) !== 0) {
      const id = records.find(name, recordType.DNAME);
      log.warning(records.placeOf(id), `DNAME at the wildcard ${owner}: expected it at a name (RFC 6672)`);
    }
  }
}

function checkDs(zone: ZoneNames, name: number, log: ProblemLog): void {
  const isApex = name === zone.apexId;
  if (!isApex && zone.has(name, content.ns)) return;
  const { records } = zone;
  const place = records.placeOf(records.find(name, recordType.DS));
  const owner = formatName(records.names.name(name));
  if (isApex) log.error(place, `DS at the apex ${owner}: expected it in the parent zone`);
  else log.warning(place, `DS at ${owner} without NS: expected it at a delegation`);
}

/** Times that make secondaries or negative answers behave oddly (RFC 1912 §2.2, RFC 2308 §5). */
function checkSoa(records: ZoneRecords, soa: number, log: ProblemLog): void {
  if (records.codes.has(soa)) return;
  const data = records.dataOf(soa);
  const view = new DataView(data.buffer, data.byteOffset + data.length - 16, 16);
  const [refresh, retry, expire, minimum] = [0, 4, 8, 12].map((at) => view.getUint32(at));
  if (refresh === undefined || retry === undefined || expire === undefined || minimum === undefined) return;
  const warn = (message: string): void => log.warning(records.placeOf(soa), `SOA: ${message}`);
  if (retry > refresh) warn(`retry ${retry} is longer than refresh ${refresh}: expected it shorter`);
  if (expire < refresh + retry) {
    warn(`expire ${expire} is shorter than refresh and retry together: expected at least ${refresh + retry}`);
  }
  if (minimum > 86_400) warn(`minimum ${minimum} keeps negative answers for days: expected at most 86400`);
}
