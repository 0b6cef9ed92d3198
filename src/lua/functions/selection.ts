/** Which of the candidates that are up are answered: the selectors of PowerDNS's `if…up` functions. */
import { assertNever } from '#base/assert.ts';
import type { IpAddress } from '#base/ip.ts';
import type { GeoSource } from '#geo/source.ts';
import { lookup2Word } from '../hash.ts';
import type { Selector } from '../options.ts';
import type { Run } from '../run.ts';
import type { ScopeOf } from '../scope.ts';
import { Nearness } from './nearness.ts';

/** The scope of what depends on the client's whole address. */
export const wholeAddress: ScopeOf = (client) => client.addressBits;

/** Selects among the candidates of one record. */
export class Selection {
  readonly #nearness: Nearness | undefined;
  /** What the selectors that are used make the answer depend on. */
  readonly scope: ScopeOf | undefined;

  constructor(geo: GeoSource, addresses: readonly IpAddress[], used: readonly Selector[]) {
    this.#nearness = used.includes('pickclosest') ? new Nearness(geo, addresses, false) : undefined;
    this.scope = used.includes('hashed') ? wholeAddress : this.#nearness?.scope;
  }

  /** Picks among the first `count` of `indexes`, of which there is at least one. */
  select(run: Run, selector: Selector, indexes: Int32Array, count: number): void {
    switch (selector) {
      case 'random':
        run.pick(indexes[run.prng.below(count)] ?? 0);
        return;
      case 'all':
        for (let at = 0; at < count; at++) run.pick(indexes[at] ?? 0);
        return;
      case 'hashed':
        run.pick(indexes[(lookup2Word(run.client.address) >>> 0) % count] ?? 0);
        return;
      case 'pickclosest':
        this.#nearness?.pick(run, indexes, count);
        return;
      case 'empty':
        return;
      default:
        assertNever(selector);
    }
  }
}
