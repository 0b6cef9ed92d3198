/**
 * `pickrandom`, `pickrandomsample`, `pickhashed`, `pickclosest` and `all` as PowerDNS 5.1 has them, with an options table
 * of our own as last argument: `{port=443}` or `{url='…'}` leaves out what is down (pool.ts).
 */
import { parseIp } from '#base/ip.ts';
import type { IpAddress } from '#base/ip.ts';
import type { Candidate, Choice, LuaCall } from '../call.ts';
import { describeConstant, textOfConstant } from '../constant.ts';
import { LuaFault } from '../fault.ts';
import { lookup2Word } from '../hash.ts';
import type { Run } from '../run.ts';
import type { ScopeOf } from '../scope.ts';
import { readAddress } from '../targets.ts';
import { Nearness } from './nearness.ts';
import type { Pool } from './pool.ts';
import { poolOf } from './pool.ts';
import { wholeAddress } from './selection.ts';
import { noMoreArguments, readValues, requiredArgument } from './values.ts';

/** A choice among the candidates of a pool. */
export abstract class PoolChoice implements Choice {
  readonly kind = 'choice';
  readonly candidates: readonly Candidate[];
  readonly givesList: boolean;
  readonly areAddresses: boolean;
  readonly scope: ScopeOf | undefined;
  protected readonly pool: Pool;

  constructor(candidates: readonly Candidate[], pool: Pool, more: { givesList?: boolean; scope?: ScopeOf } = {}) {
    this.candidates = candidates;
    this.pool = pool;
    this.areAddresses = pool.isChecked;
    this.givesList = more.givesList ?? false;
    this.scope = more.scope;
  }

  choose(run: Run): void {
    if (this.pool.fill(run)) this.pick(run);
  }

  /** Picks among the pool's available candidates, of which there is at least one. */
  protected abstract pick(run: Run): void;
}

class RandomChoice extends PoolChoice {
  protected pick(run: Run): void {
    run.pick(this.pool.indexes[run.prng.below(this.pool.count)] ?? 0);
  }
}

class HashedChoice extends PoolChoice {
  protected pick(run: Run): void {
    run.pick(this.pool.indexes[(lookup2Word(run.client.address) >>> 0) % this.pool.count] ?? 0);
  }
}

class AllChoice extends PoolChoice {
  protected pick(run: Run): void {
    for (let at = 0; at < this.pool.count; at++) run.pick(this.pool.indexes[at] ?? 0);
  }
}

class SampleChoice extends PoolChoice {
  readonly #size: number;
  readonly #deck: Int32Array;

  constructor(candidates: readonly Candidate[], pool: Pool, size: number) {
    super(candidates, pool, { givesList: true });
    this.#size = size;
    this.#deck = new Int32Array(candidates.length);
  }

  /** Draws without putting back (Fisher and Yates). */
  protected pick(run: Run): void {
    const deck = this.#deck;
    const { indexes, count } = this.pool;
    for (let at = 0; at < count; at++) deck[at] = indexes[at] ?? 0;
    const size = Math.min(this.#size, count);
    for (let at = 0; at < size; at++) {
      const other = at + run.prng.below(count - at);
      const drawn = deck[other] ?? 0;
      deck[other] = deck[at] ?? 0;
      deck[at] = drawn;
      run.pick(drawn);
    }
  }
}

class ClosestChoice extends PoolChoice {
  readonly #nearness: Nearness;

  constructor(candidates: readonly Candidate[], pool: Pool, nearness: Nearness) {
    super(candidates, pool, { scope: nearness.scope });
    this.#nearness = nearness;
  }

  protected pick(run: Run): void {
    this.#nearness.pick(run, this.pool.indexes, this.pool.count);
  }
}

export function preparePickRandom(call: LuaCall): Choice {
  const values = readValues(requiredArgument(call, 0, usageOf(call.name)), usageOf(call.name));
  noMoreArguments(call, 2);
  return new RandomChoice(values, poolOf(call, values, 1));
}

export function preparePickHashed(call: LuaCall): Choice {
  const values = readValues(requiredArgument(call, 0, usageOf(call.name)), usageOf(call.name));
  noMoreArguments(call, 2);
  return new HashedChoice(values, poolOf(call, values, 1), { scope: wholeAddress });
}

export function prepareAll(call: LuaCall): Choice {
  const values = readValues(requiredArgument(call, 0, usageOf(call.name)), usageOf(call.name));
  noMoreArguments(call, 2);
  return new AllChoice(values, poolOf(call, values, 1), { givesList: true });
}

export function preparePickRandomSample(call: LuaCall): Choice {
  const usage = "pickrandomsample(2, {'192.0.2.1', '192.0.2.2', '192.0.2.3'})";
  const count = requiredArgument(call, 0, usage);
  const number = Number(textOfConstant(count) ?? 'x');
  if (!Number.isFinite(number))
    throw new LuaFault(`the count is ${describeConstant(count)}: expected ${usage}`, count.offset);
  const values = readValues(requiredArgument(call, 1, usage), usage);
  noMoreArguments(call, 3);
  // As in PowerDNS, where a negative count becomes a large one.
  const size = number < 0 ? values.length : Math.trunc(number);
  return new SampleChoice(values, poolOf(call, values, 2), size);
}

export function preparePickClosest(call: LuaCall): Choice {
  const usage = usageOf(call.name);
  const values = readValues(requiredArgument(call, 0, usage), usage);
  noMoreArguments(call, 2);
  const addresses = values.map(({ text, offset }) => readAddress({ kind: 'string', value: text, offset }));
  const pool = poolOf(call, values, 1);
  return new ClosestChoice(values, pool, new Nearness(call.geo, addresses, !pool.isChecked));
}

function usageOf(name: string): string {
  return `${name}({'192.0.2.1', '192.0.2.2'})`;
}

/** The addresses that `-` for `.` hides in labels, up to the first that is none. */
export function addressesInLabels(labels: readonly string[]): readonly IpAddress[] {
  const addresses: IpAddress[] = [];
  for (const label of labels) {
    const address = parseIp(label.replaceAll('-', '.'));
    if (address === undefined) break;
    addresses.push(address);
  }
  return addresses;
}
