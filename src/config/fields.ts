/** The kinds of value that occur all over the config: addresses, prefixes, URLs and names, each parsed and canonical. */
import { z } from 'zod';
import { formatName, parseName } from '#dns/wire/name.ts';
import { parseHostPort, parseIp, parsePrefix } from '#base/ip.ts';

/** Builds a field that is text in the file and a value after `parse`, which gives undefined for what it refuses. */
function parsed<Value>(expected: string, parse: (text: string) => Value | undefined): z.ZodType<Value, string> {
  return z
    .string()
    .describe(expected)
    .transform((text, context): Value => {
      const value = parse(text);
      if (value !== undefined) return value;
      context.addIssue({ code: 'custom', message: `expected ${expected}` });
      return z.NEVER;
    });
}

/** An IPv4 or IPv6 address, made canonical. */
export const ipAddress = parsed('an IPv4 or IPv6 address', parseIp);

/** A BGP Identifier: written like an IPv4 address, not 0.0.0.0 (RFC 6286). */
export const routerId = parsed('a router id written like an IPv4 address, such as 192.0.2.1', (text) =>
  text.includes(':') || text === '0.0.0.0' ? undefined : parseIp(text),
);

/** A prefix whose host bits are zero. */
export const ipPrefix = parsed('a prefix such as 203.0.113.0/24, its host bits zero', parsePrefix);

/** `address:port` or `[v6]:port` to listen on. */
export const hostPort = parsed('an address and port such as 192.0.2.1:53 or [2001:db8::1]:53', parseHostPort);

/** The root of another coordinator's API, without a slash at its end. */
export const apiUrl = parsed('a URL such as http://192.0.2.1:8053', (text) => {
  const url = URL.parse(text);
  const isRoot = url !== null && url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '';
  return isRoot && (url.protocol === 'http:' || url.protocol === 'https:') ? url.origin : undefined;
});

/** A port that can be connected to. */
export const port = z.int().min(1).max(65535);

/** An autonomous system number that a speaker may have: not 0, not reserved (RFC 7607, RFC 7300). */
export const asn = z.int().min(1).max(4_294_967_294);

/** The name of a host, made absolute: with its final dot. */
export const hostName = parsed('a host name such as www.fra.example.com', (text) => {
  const name = parseName(text);
  return name.ok && name.value.length > 1 ? formatName(name.value) : undefined;
});

/** The short name of a site, service or node. */
export const shortName = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/, 'lower-case letters, digits and -._ between them');
