/**
 * `ifportup`, `ifurlup` and `ifurlextup` as PowerDNS 5.1 has them: the first set with an address that is up answers;
 * where none has, the backup selector chooses from the first set.
 *
 * Other than there, checks are registered when the record is compiled, and an address of which nothing is known yet
 * counts as up (R3, R11) unless `onUnknown` says otherwise.
 */
import type { IpAddress } from '#base/ip.ts';
import type { Candidate, Choice, LuaCall } from '../call.ts';
import { describeConstant, textOfConstant } from '../constant.ts';
import type { ConstantTable, LuaConstant } from '../constant.ts';
import { LuaFault } from '../fault.ts';
import type { HealthHandle, HealthTarget } from '../health.ts';
import { readOptions } from '../options.ts';
import type { CheckOptions } from '../options.ts';
import type { Run } from '../run.ts';
import type { ScopeOf } from '../scope.ts';
import { ownUrlTarget, portTarget, readAddress, readPort, readUrl, urlTarget } from '../targets.ts';
import { nothingKnown, readHandle } from './pool.ts';
import { Selection } from './selection.ts';
import { noMoreArguments, requiredArgument } from './values.ts';

const portUsage = "ifportup(443, {'192.0.2.1', '192.0.2.2'}) or ifportup(443, {{'192.0.2.1'}, {'192.0.2.2'}})";
const urlUsage = "ifurlup('https://www.example.com/', {'192.0.2.1', '192.0.2.2'})";
const externalUsage = "ifurlextup({{['192.0.2.1']='http://192.0.2.9/one', ['192.0.2.2']='http://192.0.2.9/two'}})";

interface Endpoint {
  readonly address: IpAddress;
  readonly offset: number;
  readonly target: HealthTarget;
}

export function prepareIfPortUp(call: LuaCall): Choice {
  const port = readPort(requiredArgument(call, 0, portUsage));
  const options = readOptions(call.args[2], 'port');
  const sets = readSets(requiredArgument(call, 1, portUsage), portUsage, (item) => {
    const address = readAddress(item);
    return { address, offset: item.offset, target: portTarget(address, port, options) };
  });
  noMoreArguments(call, 3);
  return new IfUp(call, sets, options);
}

export function prepareIfUrlUp(call: LuaCall): Choice {
  const url = requiredArgument(call, 0, urlUsage);
  const options = readOptions(call.args[2], 'url');
  const check = readUrl(textOfConstant(url) ?? describeConstant(url), url.offset, options);
  const sets = readSets(requiredArgument(call, 1, urlUsage), urlUsage, (item) => {
    const address = readAddress(item);
    return { address, offset: item.offset, target: urlTarget(address, check, options) };
  });
  noMoreArguments(call, 3);
  return new IfUp(call, sets, options);
}

export function prepareIfUrlExtUp(call: LuaCall): Choice {
  const groups = requiredArgument(call, 0, externalUsage);
  const options = readOptions(call.args[1], 'url');
  noMoreArguments(call, 2);
  if (groups.kind !== 'table')
    throw new LuaFault(`the groups are ${describeConstant(groups)}: expected ${externalUsage}`, groups.offset);
  // One group alone may stand for a list of one.
  const tables = groups.items.length === 0 && groups.fields.size > 0 ? [groups] : groups.items;
  const sets = tables.map((group) => readGroup(group, options)).filter((set) => set.length > 0);
  if (sets.length === 0) throw new LuaFault(`there is no address: expected ${externalUsage}`, groups.offset);
  return new IfUp(call, sets, options);
}

function readGroup(group: LuaConstant, options: CheckOptions): readonly Endpoint[] {
  if (group.kind !== 'table' || group.items.length > 0)
    throw new LuaFault(`a group is not {['address']='url'}: expected ${externalUsage}`, group.offset);
  return [...group.fields].map(([text, { value, keyOffset }]) => {
    const address = readAddress({ kind: 'string', value: text, offset: keyOffset });
    const check = readUrl(textOfConstant(value) ?? describeConstant(value), value.offset, options);
    return { address, offset: keyOffset, target: ownUrlTarget(check, options) };
  });
}

/** One list of addresses, or a list of such lists in the order in which they are tried; empty ones are left out. */
function readSets(
  constant: LuaConstant,
  usage: string,
  read: (item: LuaConstant) => Endpoint,
): readonly (readonly Endpoint[])[] {
  const items = constant.kind === 'table' ? constant.items : [];
  const isNested = items.length > 0 && items.every((item) => item.kind === 'table');
  const tables = isNested ? items : [constant];
  const sets = tables.map((table) => readSet(table, usage).map(read)).filter((set) => set.length > 0);
  if (sets.length === 0) throw new LuaFault(`there is no address: expected ${usage}`, constant.offset);
  return sets;
}

function readSet(constant: LuaConstant, usage: string): readonly LuaConstant[] {
  if (constant.kind !== 'table')
    throw new LuaFault(`the addresses are ${describeConstant(constant)}: expected ${usage}`, constant.offset);
  const { items, fields }: ConstantTable = constant;
  const [named] = fields;
  if (named !== undefined) throw new LuaFault(`"${named[0]}" is not an address: expected ${usage}`, named[1].keyOffset);
  return items;
}

/** The prepared call. */
class IfUp implements Choice {
  readonly kind = 'choice';
  readonly givesList = true;
  readonly areAddresses = true;
  readonly candidates: readonly Candidate[];
  readonly scope: ScopeOf | undefined;
  readonly #handles: readonly HealthHandle[];
  /** Where each set begins among the candidates, and where the last one ends. */
  readonly #starts: readonly number[];
  readonly #options: CheckOptions;
  readonly #selection: Selection;
  readonly #indexes: Int32Array;

  constructor(call: LuaCall, sets: readonly (readonly Endpoint[])[], options: CheckOptions) {
    const endpoints = sets.flat();
    const addresses = endpoints.map(({ address }) => address);
    this.candidates = endpoints.map(({ address, offset }) => ({ text: address, offset }));
    this.#selection = new Selection(call.geo, addresses, [options.selector, options.backupSelector]);
    this.scope = this.#selection.scope;
    this.#handles = endpoints.map(({ target }) => call.health.register(target));
    this.#starts = [0, ...sets.map((_, index) => sets.slice(0, index + 1).flat().length)];
    this.#options = options;
    this.#indexes = new Int32Array(endpoints.length);
  }

  choose(run: Run): void {
    const { selector, onUnknown } = this.#options;
    let known = 0;
    let unknown = 0;
    for (let set = 0; set + 1 < this.#starts.length; set++) {
      let count = 0;
      const end = this.#starts[set + 1] ?? 0;
      for (let index = this.#starts[set] ?? 0; index < end; index++) {
        const { state } = readHandle(run, this.#handles[index], this.candidates[index]?.text);
        if (state === 'unknown') unknown++;
        else known++;
        if (state === 'up' || (state === 'unknown' && onUnknown === 'up')) this.#indexes[count++] = index;
      }
      if (count > 0) {
        this.#tell(run, selector, set, 'the first set with an address that is up');
        this.#selection.select(run, selector, this.#indexes, count);
        return;
      }
    }
    // With everything down, whatever is given may be wrong in a moment: it lives only shortly.
    run.changePending = true;
    if (onUnknown === 'servfail' && known === 0) {
      run.failure = nothingKnown;
      return;
    }
    if (onUnknown === 'backup' && unknown > 0) this.#useUnknown(run);
    else this.#useBackup(run);
  }

  /** The first set with an address of which nothing is known. */
  #useUnknown(run: Run): void {
    this.#useFirst(run, this.#options.selector, (handle) => handle.read().state === 'unknown');
  }

  /** The first set, or a later one where all before are withheld. */
  #useBackup(run: Run): void {
    this.#useFirst(run, this.#options.backupSelector, (handle) => handle.read().withheld !== true);
    run.note = run.count > 0 ? 'failOpen' : undefined;
  }

  #useFirst(run: Run, selector: CheckOptions['selector'], isGiven: (handle: HealthHandle) => boolean): void {
    for (let set = 0; set + 1 < this.#starts.length; set++) {
      let count = 0;
      const end = this.#starts[set + 1] ?? 0;
      for (let index = this.#starts[set] ?? 0; index < end; index++) {
        const handle = this.#handles[index];
        if (handle !== undefined && isGiven(handle)) this.#indexes[count++] = index;
      }
      if (count === 0) continue;
      this.#tell(run, selector, set, 'no address is up');
      this.#selection.select(run, selector, this.#indexes, count);
      return;
    }
  }

  #tell(run: Run, selector: string, set: number, why: string): void {
    run.trace?.push({
      step: 'rule',
      text: `${why}: set ${set + 1} of ${this.#starts.length - 1}, selector ${selector}`,
    });
  }
}
