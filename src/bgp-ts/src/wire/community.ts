/** Communities (RFC 1997) and large communities (RFC 8092) as text: `65535:0`, `65001:1:2`, and names of well-known ones. */

/** A large community: global administrator and two local values, each an unsigned 32-bit number. */
export type LargeCommunity = readonly [number, number, number];

/** Names of the IANA registry of well-known communities. */
const names: ReadonlyMap<number, string> = new Map([
  [0xffff_0000, 'graceful-shutdown'],
  [0xffff_0001, 'accept-own'],
  [0xffff_0006, 'llgr-stale'],
  [0xffff_0007, 'no-llgr'],
  [0xffff_0008, 'accept-own-nexthop'],
  [0xffff_029a, 'blackhole'],
  [0xffff_ff01, 'no-export'],
  [0xffff_ff02, 'no-advertise'],
  [0xffff_ff03, 'no-export-subconfed'],
  [0xffff_ff04, 'no-peer'],
]);

const numbers: ReadonlyMap<string, number> = new Map([...names].map(([community, name]) => [name, community]));

/** Writes a community, an unsigned 32-bit number, as `AS:value`. */
export function formatCommunity(community: number): string {
  return `${community >>> 16}:${community & 0xffff}`;
}

/** The registered name of a community, such as `graceful-shutdown`; undefined where it has none. */
export function communityName(community: number): string | undefined {
  return names.get(community >>> 0);
}

/** Reads `AS:value` or a registered name; undefined when the text is neither. */
export function parseCommunity(text: string): number | undefined {
  const named = numbers.get(text);
  if (named !== undefined) return named;
  const [asn, value] = parseNumbers(text, 2, 0xffff) ?? [];
  return asn === undefined || value === undefined ? undefined : asn * 0x1_0000 + value;
}

/** Writes a large community as `global:local:local`. */
export function formatLargeCommunity(community: LargeCommunity): string {
  return community.join(':');
}

/** Reads `global:local:local`; undefined when the text is not that. */
export function parseLargeCommunity(text: string): LargeCommunity | undefined {
  const [global, first, second] = parseNumbers(text, 3, 0xffff_ffff) ?? [];
  return global === undefined || first === undefined || second === undefined ? undefined : [global, first, second];
}

function parseNumbers(text: string, count: number, most: number): readonly number[] | undefined {
  const parts = text.split(':');
  const isValid = parts.length === count && parts.every((part) => /^(?:0|[1-9]\d{0,9})$/.test(part));
  const numbers = parts.map(Number);
  return isValid && numbers.every((number) => number <= most) ? numbers : undefined;
}
