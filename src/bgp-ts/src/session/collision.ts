/** Which of two connections to one peer survives (RFC 4271 §6.8, RFC 6286 §2.3). A pure choice; session.ts carries it out. */
import { addressBytes } from '../wire/address.ts';
import type { Address } from '../wire/address.ts';

/** What the choice depends on. */
export interface Collision {
  readonly localIdentifier: Address;
  readonly localAsn: number;
  readonly peerIdentifier: Address;
  readonly peerAsn: number;
  /** Whether we made the connection that is in OpenConfirm, and the one whose OPEN just came. */
  readonly isOlderDialed: boolean;
  readonly isNewerDialed: boolean;
}

/**
 * The connection that the side with the higher identifier made is kept; equal identifiers go by AS number. Of two
 * connections by the same side the newer one is kept: whoever dials again has given up the older one.
 */
export function survivor(collision: Collision): 'older' | 'newer' {
  const { isOlderDialed, isNewerDialed } = collision;
  if (isOlderDialed === isNewerDialed) return 'newer';
  return isLocalDominant(collision) === isOlderDialed ? 'older' : 'newer';
}

function isLocalDominant({ localIdentifier, localAsn, peerIdentifier, peerAsn }: Collision): boolean {
  const difference = identifierNumber(localIdentifier) - identifierNumber(peerIdentifier);
  return difference === 0 ? localAsn > peerAsn : difference > 0;
}

/** Unsigned, in host order. */
function identifierNumber(identifier: Address): number {
  return addressBytes(identifier).reduce((number, byte) => number * 256 + byte, 0);
}
