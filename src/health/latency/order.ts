/**
 * The order of sites for one network, kept against noise: a site comes before one that it followed only when it is
 * clearly better, so that answers do not flap between sites that are about as near.
 */
import type { SiteId } from '../model.ts';

/** How much less a round trip must be to change an order: a tenth of the other, and this. */
const leastGainMs = 5;
const leastGainPart = 0.1;

/** What the order holds apart that the round trips do not, in milliseconds. */
const apartMs = 0.01;

/** Whether `challengerMs` is enough better than `heldMs` to come before it. */
export function isClearlyBetter(challengerMs: number, heldMs: number): boolean {
  return challengerMs <= heldMs - Math.max(leastGainMs, heldMs * leastGainPart);
}

/**
 * The sites in their order, best first: as in `before`, but for a site that is clearly better than all that it followed.
 * Sites that `before` does not know come in as the last of it, by their round trip.
 */
export function orderSites(measured: ReadonlyMap<SiteId, number>, before: readonly SiteId[]): readonly SiteId[] {
  if (isInOrder(measured, before)) return before;
  const rttOf = (site: SiteId): number => measured.get(site) ?? Infinity;
  const fresh = [...measured.keys()].filter((site) => !before.includes(site));
  const left = [
    ...before.filter((site) => measured.has(site)),
    ...fresh.toSorted((a, b) => rttOf(a) - rttOf(b) || (a < b ? -1 : 1)),
  ];
  const order: SiteId[] = [];
  for (let held = left[0]; held !== undefined; held = left[0]) {
    const best = left.reduce((a, b) => (rttOf(b) < rttOf(a) ? b : a));
    const next = isClearlyBetter(rttOf(best), rttOf(held)) ? best : held;
    left.splice(left.indexOf(next), 1);
    order.push(next);
  }
  return order;
}

/** Whether the order before is that of the round trips: the common case, told apart without making anything. */
function isInOrder(measured: ReadonlyMap<SiteId, number>, before: readonly SiteId[]): boolean {
  if (before.length !== measured.size) return false;
  let lastMs = 0;
  for (const site of before) {
    const rttMs = measured.get(site);
    if (rttMs === undefined || rttMs < lastMs) return false;
    lastMs = rttMs;
  }
  return true;
}

/**
 * Keys in milliseconds that grow along the order: each site's round trip, or as much less as it takes to stay before the
 * sites behind it.
 */
export function orderKeysMs(measured: ReadonlyMap<SiteId, number>, order: readonly SiteId[]): readonly number[] {
  const keys: number[] = [];
  let nextMs = Infinity;
  for (const site of order.toReversed()) {
    nextMs = Math.min(measured.get(site) ?? Infinity, nextMs - apartMs);
    keys.push(nextMs);
  }
  return keys.reverse();
}
