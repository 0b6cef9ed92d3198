/** The address families that this library announces in, as words; anything else on the wire stays a pair of numbers. */
import { afi, safi } from './constants.ts';

/** An address family with its subsequent identifier. */
export type Family = 'ipv4-unicast' | 'ipv6-unicast';

/** An address family as the wire has it. */
export interface FamilyCode {
  readonly afi: number;
  readonly safi: number;
}

const codes: Readonly<Record<Family, FamilyCode>> = {
  'ipv4-unicast': { afi: afi.ipv4, safi: safi.unicast },
  'ipv6-unicast': { afi: afi.ipv6, safi: safi.unicast },
};

/** The families in the order in which they are sent. */
export const allFamilies: readonly Family[] = ['ipv4-unicast', 'ipv6-unicast'];

/** The numbers of a family. */
export function familyCode(family: Family): FamilyCode {
  return codes[family];
}

/** The family that a pair of numbers means; undefined for one that this library does not know. */
export function familyOfCode(code: FamilyCode): Family | undefined {
  return allFamilies.find((family) => codes[family].afi === code.afi && codes[family].safi === code.safi);
}
