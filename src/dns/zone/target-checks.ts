/** Whether the hosts that NS, MX and SRV records name can be reached, and data that is never answered (RFC 2181 §10.3). */
import { recordType, typeName } from '../wire/constants.ts';
import { LabelIndex } from '../wire/name-map.ts';
import { formatName, isWithin } from '../wire/name.ts';
import type { Name } from '../wire/name.ts';
import type { ProblemLog } from './problem-log.ts';
import { none } from './records.ts';
import { content } from './zone-names.ts';
import type { Resolution, ZoneNames } from './zone-names.ts';

/** Types that belong to the parent's side of a delegation (RFC 4035 §2.3 and §2.4). */
const parentTypes: readonly number[] = [
  recordType.NS,
  recordType.DS,
  recordType.DNAME,
  recordType.RRSIG,
  recordType.NSEC,
];

/** Octets before the target in the data of a type; undefined for types without one. */
const targetOffsets = new Map<number, number>([
  [recordType.NS, 0],
  [recordType.MX, 2],
  [recordType.SRV, 6],
  [recordType.ALIAS, 0],
]);

/** Checks the names of one zone. */
export class TargetChecker {
  readonly #zone: ZoneNames;
  readonly #log: ProblemLog;
  #servers: Uint8Array | undefined;

  constructor(zone: ZoneNames, log: ProblemLog) {
    this.#zone = zone;
    this.#log = log;
  }

  /** Checks a name that is not below a delegation or DNAME. */
  checkAt(name: number): void {
    const { records, apexId } = this.#zone;
    const isCut = this.#zone.has(name, content.ns) && name !== apexId;
    if (isCut) this.#checkHidden(name, parentTypes, name);
    if (!this.#zone.has(name, content.ns | content.mailOrService | content.alias)) return;
    for (let id = records.firstOf(name); id !== none; id = records.next[id] ?? none) {
      const type = records.type[id] ?? 0;
      const offset = targetOffsets.get(type);
      if (offset === undefined || records.codes.has(id)) continue;
      const found = this.#zone.resolve(records.rdata, (records.rdataAt[id] ?? 0) + offset);
      if (type === recordType.ALIAS) this.#judgeAlias(id, found);
      else if (type !== recordType.NS) this.#judge(id, offset, found, 'warning');
      else if (!isCut) this.#judge(id, offset, found, 'error');
      else this.#judgeDelegated(id, found);
    }
  }

  /** An ALIAS is answered from this zone alone (ADR 21). */
  #judgeAlias(id: number, found: Resolution): void {
    const { records, apex } = this.#zone;
    if (found.kind !== 'outside' && found.kind !== 'delegated') return;
    // The layout of ALIAS makes its data one valid name.
    const target = formatName(records.dataOf(id).slice() as Name);
    const where = found.kind === 'outside' ? 'outside the zone' : 'below a delegation';
    const message = `the target ${target} of the ALIAS is ${where} and is not asked for: expected a name of ${formatName(apex)}`;
    this.#log.warning(records.placeOf(id), message);
  }

  /** Checks a name below `bottom`, a delegation or DNAME: only glue has a meaning there. */
  checkBelow(name: number, bottom: number): void {
    const isDelegation = this.#zone.has(bottom, content.ns) && bottom !== this.#zone.apexId;
    this.#checkHidden(name, isDelegation ? [] : undefined, bottom);
  }

  /** Warns of the first record that is never answered: one that is no glue and not among `allowed`, if there is a cut. */
  #checkHidden(name: number, allowed: readonly number[] | undefined, bottom: number): void {
    const { records } = this.#zone;
    for (let id = records.firstOf(name); id !== none; id = records.next[id] ?? none) {
      const type = records.type[id] ?? 0;
      if (allowed?.includes(type) === true) continue;
      const isAddress = type === recordType.A || type === recordType.AAAA;
      if (allowed !== undefined && isAddress && this.#isServer(name)) continue;
      const above = formatName(records.names.name(bottom));
      const what = allowed === undefined ? 'DNAME at' : 'delegation of';
      const where = name === bottom ? 'stands at a delegation' : `lies below the ${what} ${above}`;
      const message = `${typeName(type)} of ${formatName(records.names.name(name))} ${where}: it is never answered`;
      this.#log.warning(records.placeOf(id), message);
      return;
    }
  }

  #judgeDelegated(id: number, found: Resolution): void {
    if (found.kind !== 'delegated') {
      this.#judge(id, 0, found, 'warning');
      return;
    }
    if (found.hasGlue) return;
    const { records } = this.#zone;
    const owner = records.owner[id] ?? 0;
    const target = this.#target(id, 0);
    const message = `name server ${formatName(target)} has no address: expected an A or AAAA record for it in this zone`;
    if (isWithin(target, records.names.name(owner))) this.#log.error(records.placeOf(id), message);
    else this.#log.warning(records.placeOf(id), message);
  }

  #judge(id: number, offset: number, found: Resolution, severity: 'error' | 'warning'): void {
    if (found.kind === 'outside' || found.kind === 'addressed' || found.kind === 'delegated') return;
    const { records } = this.#zone;
    const { names } = records;
    const type = records.type[id] ?? 0;
    const target = this.#target(id, offset);
    // The root as a target says that there is no such service (RFC 2782, RFC 7505).
    if (target.length === 1) return;
    const role = type === recordType.NS ? 'name server' : type === recordType.MX ? 'mail server' : 'SRV target';
    const state =
      found.kind === 'missing'
        ? 'has no address'
        : found.kind === 'alias'
          ? 'is an alias'
          : `lies below the DNAME at ${formatName(names.name(found.at))}`;
    const message = `${role} ${formatName(target)} ${state}: expected an A or AAAA record for it in this zone`;
    if (severity === 'error') this.#log.error(records.placeOf(id), message);
    else this.#log.warning(records.placeOf(id), message);
  }

  /** The name at `offset` of a record's data. */
  #target(id: number, offset: number): Name {
    // The layouts of NS, MX and SRV end with one valid name.
    return this.#zone.records.dataOf(id).slice(offset) as Name;
  }

  /** Whether an NS record names it, so that its addresses are glue. */
  #isServer(name: number): boolean {
    return (this.#servers ??= this.#findServers())[name] === 1;
  }

  #findServers(): Uint8Array {
    const { records } = this.#zone;
    const servers = new Uint8Array(records.names.count);
    const labels = new LabelIndex();
    for (let id = 0; id < records.count; id++) {
      if (records.type[id] !== recordType.NS || records.codes.has(id)) continue;
      const at = records.rdataAt[id] ?? 0;
      labels.scan(records.rdata, at);
      const name = records.names.find(records.rdata, at, labels.hashes[0] ?? 0);
      if (name !== none) servers[name] = 1;
    }
    return servers;
  }
}
