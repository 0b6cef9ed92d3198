/** The address of a peer as a socket tells it, in the house's canonical form. */
import { parseIp } from '#base/ip.ts';
import type { IpAddress } from '#base/ip.ts';

/** Canonical form of a socket's address: without a zone, IPv4-mapped IPv6 as IPv4; undefined where there is none. */
export function clientAddress(text: string | undefined): IpAddress | undefined {
  if (text === undefined) return undefined;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text)?.[1];
  const zone = text.indexOf('%');
  return parseIp(mapped ?? (zone < 0 ? text : text.slice(0, zone)));
}
