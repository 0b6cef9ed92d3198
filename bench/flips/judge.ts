/**
 * What an answer says of the publications around it. Publication n makes one of sixteen addresses the only one that is
 * up, number n modulo 16, so an answer of any other count was made of two states.
 */

export const addressCount = 16;

/** Publications that were finished when a query left, and begun when its answer came. */
export interface Around {
  readonly finishedBefore: number;
  readonly begunAfter: number;
}

export type Judgement =
  /** Made of more than one state, or of a half of one. */
  | { readonly kind: 'torn' }
  /** Of a state that was replaced before the query left. */
  | { readonly kind: 'stale' }
  /** So much was published meanwhile that the address does not tell when it was. */
  | { readonly kind: 'unclear' }
  | { readonly kind: 'right'; readonly publication: number };

/** Judges an answer of `count` records, whose only one is address number `index`. */
export function judge(count: number, index: number, { finishedBefore, begunAfter }: Around): Judgement {
  if (count !== 1) return { kind: 'torn' };
  if (begunAfter - finishedBefore >= addressCount) return { kind: 'unclear' };
  const ahead = (index - (finishedBefore % addressCount) + addressCount) % addressCount;
  const publication = finishedBefore + ahead;
  return publication <= begunAfter ? { kind: 'right', publication } : { kind: 'stale' };
}
