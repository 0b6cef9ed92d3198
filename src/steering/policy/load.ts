/**
 * `load`: a member that is loaded beyond its target hands on a part of the clients that come (R22). Which ones is decided
 * by their hash: a client that stays goes on staying until the part grows. Where nobody else is left nothing is handed
 * on: overload never removes capacity.
 */
import type { Client } from '#dns/zone/dynamic.ts';
import { hashPrefix, mixBits, prefixBitsOf } from './hash.ts';
import type { ClientPrefixBits } from './model.ts';
import type { Step } from './step.ts';

/** Keeps who is handed on apart from who is drawn by `sticky`. */
const salt = 0x6c6f6164;

/** Builds the step. */
export function loadStep(prefixBits: ClientPrefixBits): Step {
  let hash = 0;
  let handedOn = 0;
  return {
    name: 'load',
    prepare: ({ address }: Client) => {
      const bits = prefixBitsOf(address, prefixBits);
      hash = hashPrefix(address, bits) ^ salt;
      return bits;
    },
    apply: (selection) => {
      const { order } = selection;
      handedOn = 0;
      for (let place = 0; place < selection.count; place++) {
        const { seed, shed } = selection.at(place);
        if (isShed(hash, seed, shed)) handedOn++;
      }
      if (handedOn === 0 || handedOn === selection.count) return;
      let to = 0;
      for (let place = 0; place < selection.count; place++) {
        const { seed, shed } = selection.at(place);
        if (!isShed(hash, seed, shed)) order[to++] = order[place] ?? 0;
      }
      selection.count = to;
    },
    why: () => (handedOn === 0 ? 'none hands this client on' : `${handedOn} would hand this client on (R22)`),
  };
}

/** The client's lot is 0 to 254, so that a part of 255 is everybody. */
function isShed(hash: number, seed: number, shed: number): boolean {
  return shed > 0 && ((mixBits(hash ^ seed) >>> 24) * 255) >> 8 < shed;
}
