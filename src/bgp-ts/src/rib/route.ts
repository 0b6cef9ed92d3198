/** A route as a user wants it announced, and its check: addresses, communities and numbers become typed values. */
import type { Result } from '../result.ts';
import { refuse, succeed } from '../result.ts';
import type { Address, Prefix } from '../wire/address.ts';
import { addressBytes, familyOf, isLinkLocal, parseAddress, parsePrefix } from '../wire/address.ts';
import type { LargeCommunity, Origin } from '../wire/attributes.ts';
import { origins } from '../wire/attributes.ts';
import { parseCommunity, parseLargeCommunity } from '../wire/community.ts';
import type { ExtendedCommunity } from '../wire/extended-community.ts';
import { parseExtendedCommunity } from '../wire/extended-community-parse.ts';

/** Attributes of a prefix to announce. */
export interface RouteAttributes {
  /**
   * Address of the prefix's own family, or an IPv6 address for an IPv4 prefix, which only peers with `extendedNextHop`
   * are told; `self` is our end of the session.
   */
  readonly nextHop: string;
  /** Goes with an IPv6 `nextHop` that is on the peer's own link: its `fe80::` address there (RFC 2545 §3). */
  readonly linkLocalNextHop?: string;
  /** Default `igp`. */
  readonly origin?: Origin;
  /** MULTI_EXIT_DISC, 0 to 4294967295; lower is preferred. Default: not sent. */
  readonly med?: number;
  /** LOCAL_PREF, 0 to 4294967295; sent to peers in our own AS only. Default 100. */
  readonly localPreference?: number;
  /** `asn:value`, each 0 to 65535, or a registered name such as `graceful-shutdown`; at most 128. */
  readonly communities?: readonly string[];
  /** `asn:value:value`, each 0 to 4294967295; at most 128. */
  readonly largeCommunities?: readonly string[];
  /** `target:65001:1`, `origin:192.0.2.1:7`, `link-bandwidth:65001:125000000`, `color:1`, `0x0b02:000000000001`; at most 64. */
  readonly extendedCommunities?: readonly string[];
  /** How often our AS number stands in AS_PATH beyond once, 0 to 32; towards other ASes only. Default 0. */
  readonly prepend?: number;
  /** AS numbers behind ours, nearest first, the last one the origin; 1 to 4294967295, at most 64. Default: none. */
  readonly asPath?: readonly number[];
}

/** A checked route. */
export interface Route {
  readonly prefix: Prefix;
  readonly nextHop: Address | 'self';
  readonly linkLocalNextHop: Address | undefined;
  readonly origin: Origin;
  readonly med: number | undefined;
  readonly localPreference: number;
  readonly communities: readonly number[];
  readonly largeCommunities: readonly LargeCommunity[];
  readonly extendedCommunities: readonly ExtendedCommunity[];
  readonly prepend: number;
  readonly asPath: readonly number[];
}

const maxCommunities = 128;
const maxExtendedCommunities = 64;
const maxPathAsns = 64;
const defaultLocalPreference = 100;
const none: readonly never[] = [];

interface NumberRange {
  readonly least: number;
  readonly most: number;
}

const numberRange: NumberRange = { least: 0, most: 0xffff_ffff };
const asnRange: NumberRange = { least: 1, most: 0xffff_ffff };
const prependRange: NumberRange = { least: 0, most: 32 };

/** Checks a prefix; the fault is a sentence. */
export function checkPrefix(text: string): Result<Prefix, string> {
  const prefix = parsePrefix(text);
  if (prefix !== undefined) return succeed(prefix);
  return refuse(`prefix "${text}" is not an address and a length with zero host bits, such as 192.0.2.0/24`);
}

/** Checks a route; the fault is a sentence that names the field and the value. */
export function checkRoute(prefixText: string, attributes: RouteAttributes): Result<Route, string> {
  const prefix = checkPrefix(prefixText);
  if (!prefix.ok) return prefix;
  const nextHop = checkNextHop(prefix.value, attributes.nextHop);
  if (!nextHop.ok) return nextHop;
  const linkLocalNextHop = checkLinkLocal(attributes);
  if (!linkLocalNextHop.ok) return linkLocalNextHop;
  const communities = checkList(attributes.communities, communityForm);
  if (!communities.ok) return communities;
  const largeCommunities = checkList(attributes.largeCommunities, largeCommunityForm);
  if (!largeCommunities.ok) return largeCommunities;
  const extendedCommunities = checkList(attributes.extendedCommunities, extendedCommunityForm);
  if (!extendedCommunities.ok) return extendedCommunities;
  const { origin = 'igp', med, localPreference = defaultLocalPreference, prepend = 0, asPath = none } = attributes;
  const fault = checkOrigin(origin) ?? checkNumbers({ med, localPreference, prepend }) ?? checkPath(asPath);
  if (fault !== undefined) return refuse(fault);
  return succeed({
    prefix: prefix.value,
    nextHop: nextHop.value,
    linkLocalNextHop: linkLocalNextHop.value,
    origin,
    med,
    localPreference,
    communities: communities.value,
    largeCommunities: largeCommunities.value,
    extendedCommunities: extendedCommunities.value,
    prepend,
    asPath,
  });
}

function checkNextHop(prefix: Prefix, text: string): Result<Address | 'self', string> {
  if (text === 'self') return succeed(text);
  const nextHop = parseAddress(text);
  if (nextHop === undefined) return refuse(`nextHop "${text}" of ${prefix} is not an address`);
  if (!isUnicast(nextHop)) return refuse(`nextHop "${text}" of ${prefix} is not the address of one host`);
  const isIpv4UnderIpv6 = familyOf(prefix) === 'ipv6-unicast' && familyOf(nextHop) === 'ipv4-unicast';
  if (!isIpv4UnderIpv6) return succeed(nextHop);
  return refuse(`nextHop "${text}" of ${prefix} is of the other address family`);
}

/** Neither unspecified nor multicast nor, in IPv4, of class E. */
function isUnicast(address: Address): boolean {
  const bytes = addressBytes(address);
  const first = bytes[0] ?? 0;
  return bytes.some((byte) => byte !== 0) && (bytes.length === 4 ? first < 224 : first !== 0xff);
}

function checkLinkLocal(attributes: RouteAttributes): Result<Address | undefined, string> {
  const { nextHop, linkLocalNextHop: text } = attributes;
  if (text === undefined) return succeed(undefined);
  const address = parseAddress(text);
  if (address === undefined || !isLinkLocal(address)) {
    return refuse(`linkLocalNextHop "${text}" is not an address within fe80::/10`);
  }
  const other = parseAddress(nextHop);
  const isGlobal = other !== undefined && familyOf(other) === 'ipv6-unicast' && !isLinkLocal(other);
  if (isGlobal) return succeed(address);
  return refuse(`linkLocalNextHop "${text}" needs a nextHop that is a global IPv6 address, not "${nextHop}"`);
}

function checkOrigin(origin: string): string | undefined {
  if (origins.some((known) => known === origin)) return undefined;
  return `origin "${origin}" is not one of ${origins.join(', ')}`;
}

function checkNumbers(numbers: {
  readonly med: number | undefined;
  readonly localPreference: number;
  readonly prepend: number;
}): string | undefined {
  return (
    (numbers.med === undefined ? undefined : checkNumber('med', numbers.med, numberRange)) ??
    checkNumber('localPreference', numbers.localPreference, numberRange) ??
    checkNumber('prepend', numbers.prepend, prependRange)
  );
}

function checkPath(asns: readonly number[]): string | undefined {
  if (asns.length > maxPathAsns) return `asPath has ${asns.length} AS numbers, at most ${maxPathAsns} are sent`;
  for (const asn of asns) {
    const fault = checkNumber('asPath', asn, asnRange);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function checkNumber(name: string, value: number, { least, most }: NumberRange): string | undefined {
  if (Number.isInteger(value) && value >= least && value <= most) return undefined;
  return `${name} ${value} is not a whole number from ${least} to ${most}`;
}

interface ListForm<Item> {
  readonly name: string;
  readonly most: number;
  readonly parse: (text: string) => Item | undefined;
  /** Ends the sentence `community "x" is not …`. */
  readonly expected: string;
}

const communityForm: ListForm<number> = {
  name: 'community',
  most: maxCommunities,
  parse: parseCommunity,
  expected: '2 numbers from 0 to 65535 joined by ":"',
};

const largeCommunityForm: ListForm<LargeCommunity> = {
  name: 'large community',
  most: maxCommunities,
  parse: parseLargeCommunity,
  expected: '3 numbers from 0 to 4294967295 joined by ":"',
};

const extendedCommunityForm: ListForm<ExtendedCommunity> = {
  name: 'extended community',
  most: maxExtendedCommunities,
  parse: parseExtendedCommunity,
  expected: 'such as "target:65001:1", "color:1" or "0x0b02:000000000001"',
};

const noItems: Result<readonly never[], never> = succeed([]);

function checkList<Item>(texts: readonly string[] | undefined, form: ListForm<Item>): Result<readonly Item[], string> {
  if (texts === undefined) return noItems;
  if (texts.length > form.most) return refuse(`${texts.length} times ${form.name} is more than ${form.most}`);
  const items: Item[] = [];
  for (const text of texts) {
    const item = form.parse(text);
    if (item === undefined) return refuse(`${form.name} "${text}" is not ${form.expected}`);
    items.push(item);
  }
  return succeed(items);
}
