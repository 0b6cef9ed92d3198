/**
 * `sticky`: the same client gets the same order, by rendezvous hashing: each member draws a lot for each client, and the
 * best lot wins. A member that leaves moves only its own clients, one that comes takes its part from all alike, and a
 * weight that grows only draws clients in (Thaler, Ravishankar 1998; weights by Schindelhauer, Schomaker 2005).
 */
import type { Client } from '#dns/zone/dynamic.ts';
import { hashPrefix, mixBits, prefixBitsOf } from './hash.ts';
import type { ClientPrefixBits } from './model.ts';
import type { Step, StepContext } from './step.ts';
import { dropWeightless } from './weighted.ts';

/** Builds the step. */
export function stickyStep(prefixBits: ClientPrefixBits, { members }: StepContext): Step {
  const keys = new Float64Array(members.length);
  let hash = 0;
  return {
    name: 'sticky',
    prepare: ({ address }: Client) => {
      const bits = prefixBitsOf(address, prefixBits);
      hash = hashPrefix(address, bits);
      return bits;
    },
    apply: (selection) => {
      const isEqual = dropWeightless(selection) === 0;
      for (let place = 0; place < selection.count; place++) {
        const { seed, weight } = selection.at(place);
        const lot = (mixBits(hash ^ seed) + 0.5) / 0x1_0000_0000;
        keys[selection.order[place] ?? 0] = -Math.log(lot) / (isEqual ? 1 : weight);
      }
      selection.sortBy(keys);
    },
    why: () => `by the hash of the client's /${prefixBits.ipv4} or /${prefixBits.ipv6}`,
  };
}
