/** A route as a user wants it announced, and its check: addresses, communities and numbers become typed values. */
import type { Result } from '../result.ts';
import { refuse, succeed } from '../result.ts';
import type { Address, Prefix } from '../wire/address.ts';
import { familyOf, parseAddress, parsePrefix } from '../wire/address.ts';
import type { LargeCommunity } from '../wire/attributes.ts';

/** Attributes of a prefix to announce. */
export interface RouteAttributes {
  /** Address of the prefix's own family; `self` is our end of the session, where that is of the same family. */
  readonly nextHop: string;
  /** MULTI_EXIT_DISC, 0 to 4294967295; lower is preferred. Default: not sent. */
  readonly med?: number;
  /** LOCAL_PREF, 0 to 4294967295; sent to peers in our own AS only. Default 100. */
  readonly localPreference?: number;
  /** `asn:value`, each 0 to 65535; at most 128. */
  readonly communities?: readonly string[];
  /** `asn:value:value`, each 0 to 4294967295; at most 128. */
  readonly largeCommunities?: readonly string[];
  /** How often our AS number stands in AS_PATH beyond once, 0 to 32; towards other ASes only. Default 0. */
  readonly prepend?: number;
}

/** A checked route. */
export interface Route {
  readonly prefix: Prefix;
  readonly nextHop: Address | 'self';
  readonly med: number | undefined;
  readonly localPreference: number;
  readonly communities: readonly number[];
  readonly largeCommunities: readonly LargeCommunity[];
  readonly prepend: number;
}

const maxUint32 = 0xffff_ffff;
const maxCommunities = 128;
const maxPrepend = 32;
const defaultLocalPreference = 100;

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
  const communities = checkCommunities(attributes.communities ?? [], { name: 'community', parts: 2, most: 0xffff });
  if (!communities.ok) return communities;
  const large = checkCommunities(attributes.largeCommunities ?? [], {
    name: 'large community',
    parts: 3,
    most: maxUint32,
  });
  if (!large.ok) return large;
  const { med, localPreference = defaultLocalPreference, prepend = 0 } = attributes;
  const numberFault =
    (med === undefined ? undefined : checkNumber('med', med, maxUint32)) ??
    checkNumber('localPreference', localPreference, maxUint32) ??
    checkNumber('prepend', prepend, maxPrepend);
  if (numberFault !== undefined) return refuse(numberFault);
  return succeed({
    prefix: prefix.value,
    nextHop: nextHop.value,
    med,
    localPreference,
    communities: communities.value.map(([asn = 0, value = 0]) => asn * 0x1_0000 + value),
    largeCommunities: large.value.map(([global = 0, first = 0, second = 0]) => [global, first, second] as const),
    prepend,
  });
}

function checkNextHop(prefix: Prefix, text: string): Result<Address | 'self', string> {
  if (text === 'self') return succeed(text);
  const nextHop = parseAddress(text);
  if (nextHop === undefined) return refuse(`nextHop "${text}" of ${prefix} is not an address`);
  if (familyOf(nextHop) === familyOf(prefix)) return succeed(nextHop);
  return refuse(`nextHop "${text}" of ${prefix} is of the other address family`);
}

function checkNumber(name: string, value: number, most: number): string | undefined {
  if (Number.isInteger(value) && value >= 0 && value <= most) return undefined;
  return `${name} ${value} is not a whole number from 0 to ${most}`;
}

interface CommunityForm {
  readonly name: string;
  readonly parts: number;
  readonly most: number;
}

function checkCommunities(texts: readonly string[], form: CommunityForm): Result<readonly number[][], string> {
  if (texts.length > maxCommunities) {
    return refuse(`${texts.length} times ${form.name} is more than ${maxCommunities}`);
  }
  const parsed: number[][] = [];
  for (const text of texts) {
    const parts = text.split(':');
    const isValid = parts.every((part) => /^\d{1,10}$/.test(part) && Number(part) <= form.most);
    if (!isValid || parts.length !== form.parts) {
      return refuse(`${form.name} "${text}" is not ${form.parts} numbers from 0 to ${form.most} joined by ":"`);
    }
    parsed.push(parts.map(Number));
  }
  return succeed(parsed);
}
