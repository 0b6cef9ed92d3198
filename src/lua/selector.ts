/** Which of the candidates are answered: the selectors of PowerDNS's `if…up` functions. */
import { assertNever, present } from '#base/assert.ts';
import type { Prng } from '#base/prng.ts';
import type { Client } from '#dns/zone/dynamic.ts';
import { lookup2 } from './hash.ts';

/** `random` one, `all`, `hashed` one by the client's address, `empty` none (NODATA). */
export const selectors = ['random', 'all', 'hashed', 'empty'] as const;
export type Selector = (typeof selectors)[number];

/** Parses a selector's name; undefined for any other. */
export function parseSelector(text: string): Selector | undefined {
  return selectors.find((selector) => selector === text);
}

/** Selects among candidates, of which there is at least one. */
export function select(
  selector: Selector,
  candidates: readonly Uint8Array[],
  context: { readonly client: Client; readonly prng: Prng },
): readonly Uint8Array[] {
  switch (selector) {
    case 'random':
      return pick(candidates, context.prng.below(candidates.length));
    case 'all':
      return candidates;
    case 'hashed':
      return pick(candidates, lookup2(context.client.address) % candidates.length);
    case 'empty':
      return [];
    default:
      return assertNever(selector);
  }
}

function pick(candidates: readonly Uint8Array[], index: number): readonly Uint8Array[] {
  return [present(candidates[index], 'the selected candidate')];
}
