/** Prefixes, routes and a session for tests of the RIBs. */
import type { Address, Prefix } from '../wire/address.ts';
import { parseAddress, parsePrefix } from '../wire/address.ts';
import type { ExportContext } from './export.ts';
import type { Route, RouteAttributes } from './route.ts';
import { checkRoute } from './route.ts';

/** A prefix of a test. */
export function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new Error(`${text} is not a prefix`);
  return parsed;
}

/** An address of a test. */
export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`${text} is not an address`);
  return parsed;
}

/** A route whose next hop is of its own family unless told otherwise. */
export function route(text: string, attributes: Partial<RouteAttributes> = {}): Route {
  const nextHop = text.includes(':') ? '2001:db8::1' : '192.0.2.1';
  const checked = checkRoute(text, { nextHop, ...attributes });
  if (!checked.ok) throw new Error(checked.fault);
  return checked.value;
}

/** An eBGP session of AS 65001 from 192.0.2.7 with both families and 4-octet AS numbers. */
export function context(changes: Partial<ExportContext> = {}): ExportContext {
  return {
    localAsn: 65001,
    isExternal: true,
    fourOctetAs: true,
    families: ['ipv4-unicast', 'ipv6-unicast'],
    localAddress: address('192.0.2.7'),
    ...changes,
  };
}
