/**
 * The weighted pickers as PowerDNS 5.1 has them: `pickwrandom`, `pickwhashed`, `picknamehashed`, `pickchashed` and
 * `pickselfweighted`, each but the last with an options table of our own, which leaves out what is down (pool.ts).
 *
 * The hashed ones choose what PowerDNS chooses. There the entries are in a hash map of C++, and it is the map's order in
 * which their weights are added up.
 */
import { lowerCase } from '#dns/wire/name.ts';
import type { Candidate, Choice, LuaCall } from '../call.ts';
import { describeConstant, textOfConstant } from '../constant.ts';
import { LuaFault } from '../fault.ts';
import { lookup2, lookup2Word } from '../hash.ts';
import type { HealthHandle } from '../health.ts';
import { readOptions } from '../options.ts';
import type { UnknownState } from '../options.ts';
import type { Run } from '../run.ts';
import type { ScopeOf } from '../scope.ts';
import { readAddress, readUrl, urlTarget } from '../targets.ts';
import { PoolChoice } from './pickers.ts';
import { nothingKnown, poolOf, readHandle } from './pool.ts';
import type { Pool } from './pool.ts';
import { wholeAddress } from './selection.ts';
import { noMoreArguments, readValues, readWeighted, requiredArgument } from './values.ts';
import type { WeightedValue } from './values.ts';

/** Entries beyond these turn round what is in the map, since it grows. */
const mapSizes = [13, 29, 59, 127, 257, 541, 1109];

/** The order in which PowerDNS goes through `count` entries. */
export function mapOrder(count: number): Int32Array {
  let order: number[] = [];
  for (let entry = 0; entry < count; entry++) {
    if (mapSizes.includes(entry)) order = order.toReversed();
    order.unshift(entry);
  }
  return Int32Array.from(order);
}

/** What a draw is taken from: a number that is reduced to the sum of the weights. */
type Draw = (run: Run, total: number) => number;

const byChance: Draw = (run, total) => run.prng.below(total);
const byAddress: Draw = (run, total) => (lookup2Word(run.client.address) >>> 0) % total;

const nameBytes = new Uint8Array(255);

/** PowerDNS hashes the name in lower case, as it is on the wire. */
const byName: Draw = ({ client: { name, nameAt } }, total) => {
  let length = 0;
  for (let next = nameAt; ;) {
    const size = name[next] ?? 0;
    for (const end = next + size; next <= end; next++) nameBytes[length++] = lowerCase[name[next] ?? 0] ?? 0;
    if (size === 0 || length >= nameBytes.length) break;
  }
  return (lookup2Word(nameBytes, 0, 0, length) >>> 0) % total;
};

class WeightedChoice extends PoolChoice {
  readonly #weights: readonly number[];
  readonly #order: Int32Array;
  readonly #draw: Draw;

  constructor(values: readonly WeightedValue[], pool: Pool, draw: Draw) {
    super(values, pool, draw === byAddress ? { scope: wholeAddress } : {});
    this.#weights = values.map(({ weight }) => weight);
    this.#order = mapOrder(values.length);
    this.#draw = draw;
  }

  protected pick(run: Run): void {
    const { isAvailable } = this.pool;
    const weights = this.#weights;
    let total = 0;
    for (let index = 0; index < weights.length; index++) if (isAvailable[index] === 1) total += weights[index] ?? 0;
    // Those that are up have no weight: they are better than none.
    if (total === 0) {
      run.pick(this.pool.indexes[0] ?? 0);
      return;
    }
    let left = this.#draw(run, total);
    for (const index of this.#order) {
      if (isAvailable[index] !== 1) continue;
      left -= weights[index] ?? 0;
      if (left < 0) {
        run.pick(index);
        return;
      }
    }
  }
}

/** Consistent hashing: each entry has as many points on a ring of 32 bits as its weight says. */
class RingChoice extends PoolChoice {
  readonly #points: Uint32Array;
  readonly #owners: Uint16Array;

  constructor(values: readonly WeightedValue[], pool: Pool) {
    super(values, pool, { scope: wholeAddress });
    const points = values.flatMap(({ text, weight }, owner) =>
      Array.from({ length: weight }, (_, index) => ({
        point: lookup2(Buffer.from(`${text}-${index}`, 'latin1')),
        owner,
      })),
    );
    points.sort((a, b) => a.point - b.point);
    this.#points = Uint32Array.from(points, ({ point }) => point);
    this.#owners = Uint16Array.from(points, ({ owner }) => owner);
  }

  /** The first point at or after the client's hash, round the ring, whose entry may be given. */
  protected pick(run: Run): void {
    const points = this.#points;
    const hash = lookup2Word(run.client.address) >>> 0;
    let low = 0;
    let high = points.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((points[middle] ?? 0) < hash) low = middle + 1;
      else high = middle;
    }
    for (let step = 0; step < points.length; step++) {
      const owner = this.#owners[(low + step) % points.length] ?? 0;
      if (this.pool.isAvailable[owner] !== 1) continue;
      run.pick(owner);
      return;
    }
    run.pick(this.pool.indexes[0] ?? 0);
  }
}

/** More points would cost memory in every thread and tell weights no better. */
const maxPoints = 100_000;

function prepareWeighted(call: LuaCall): { readonly values: readonly WeightedValue[]; readonly pool: Pool } {
  const usage = `${call.name}({{10, '192.0.2.1'}, {20, '192.0.2.2'}})`;
  const values = readWeighted(requiredArgument(call, 0, usage), usage);
  noMoreArguments(call, 2);
  return { values, pool: poolOf(call, values, 1) };
}

function preparation(draw: Draw): (call: LuaCall) => Choice {
  return (call) => {
    const { values, pool } = prepareWeighted(call);
    return new WeightedChoice(values, pool, draw);
  };
}

export const preparePickWRandom: (call: LuaCall) => Choice = preparation(byChance);
export const preparePickWHashed: (call: LuaCall) => Choice = preparation(byAddress);
export const preparePickNameHashed: (call: LuaCall) => Choice = preparation(byName);

export function preparePickCHashed(call: LuaCall): Choice {
  const { values, pool } = prepareWeighted(call);
  const points = values.reduce((sum, { weight }) => sum + weight, 0);
  if (points > maxPoints)
    throw new LuaFault(`the weights are ${points} together: expected at most ${maxPoints} here`, call.offset);
  return new RingChoice(values, pool);
}

/** Chooses by the client's hash, weighted by what each target says of itself; with all down, by chance. */
class SelfWeightedChoice implements Choice {
  readonly kind = 'choice';
  readonly givesList = false;
  readonly areAddresses = true;
  readonly scope: ScopeOf = wholeAddress;
  readonly candidates: readonly Candidate[];
  readonly #handles: readonly HealthHandle[];
  readonly #onUnknown: UnknownState;
  readonly #weights: Float64Array;

  constructor(candidates: readonly Candidate[], handles: readonly HealthHandle[], onUnknown: UnknownState) {
    this.candidates = candidates;
    this.#handles = handles;
    this.#onUnknown = onUnknown;
    this.#weights = new Float64Array(candidates.length);
  }

  choose(run: Run): void {
    const handles = this.#handles;
    let total = 0;
    let unknown = 0;
    for (let index = 0; index < handles.length; index++) {
      const { state } = readHandle(run, handles[index], this.candidates[index]?.text);
      if (state === 'unknown') unknown++;
      const isUp = state === 'up' || (state === 'unknown' && this.#onUnknown === 'up');
      // Up without a weight is worth one, as in PowerDNS.
      const weight = isUp ? Math.max(1, handles[index]?.weight() ?? 0) : 0;
      this.#weights[index] = weight;
      total += weight;
    }
    if (total > 0) {
      this.#pick(run, byAddress(run, total));
      return;
    }
    run.changePending = true;
    if (this.#onUnknown === 'servfail' && unknown === handles.length) {
      run.failure = nothingKnown;
      return;
    }
    const onlyUnknown = this.#onUnknown === 'backup' && unknown > 0;
    for (let index = 0; index < handles.length; index++) {
      const reading = handles[index]?.read();
      const isGiven = onlyUnknown ? reading?.state === 'unknown' : reading?.withheld !== true;
      this.#weights[index] = isGiven ? 1 : 0;
      if (isGiven) total++;
    }
    if (total === 0) return;
    if (!onlyUnknown) run.note = 'failOpen';
    this.#pick(run, run.prng.below(total));
  }

  #pick(run: Run, draw: number): void {
    let left = draw;
    for (let index = 0; index < this.#weights.length; index++) {
      left -= this.#weights[index] ?? 0;
      if (left >= 0) continue;
      run.pick(index);
      return;
    }
  }
}

export function preparePickSelfWeighted(call: LuaCall): Choice {
  const usage = "pickselfweighted('http://www.example.com/weight', {'192.0.2.1', '192.0.2.2'})";
  const url = requiredArgument(call, 0, usage);
  const values = readValues(requiredArgument(call, 1, usage), usage);
  const options = readOptions(call.args[2], 'selfWeighted');
  noMoreArguments(call, 3);
  const check = readUrl(textOfConstant(url) ?? describeConstant(url), url.offset, options, true);
  const targets = values.map(({ text, offset }) =>
    urlTarget(readAddress({ kind: 'string', value: text, offset }), check, options),
  );
  return new SelfWeightedChoice(
    values,
    targets.map((target) => call.health.register(target)),
    options.onUnknown,
  );
}
