/** What functions want checked, as targets of health: addresses and URLs with options. */
import { present } from '#base/assert.ts';
import { parseIp } from '#base/ip.ts';
import type { IpAddress } from '#base/ip.ts';
import type { HttpKind } from '#health/check-kind.ts';
import { describeConstant } from './constant.ts';
import type { LuaConstant } from './constant.ts';
import { LuaFault } from './fault.ts';
import type { HealthTarget } from './health.ts';
import type { CheckOptions } from './options.ts';

/** Stands for the address of a target that is looked up. */
const unspecified = present(parseIp('0.0.0.0'), 'the unspecified address');

/** As many redirects as a service in order needs. */
const maxRedirects = 10;

/** What a URL says beside its address. */
export interface UrlCheck {
  readonly what: HttpKind;
  readonly port: number;
  /** The URL's host as it is written, without a port, and as an address where it is one. */
  readonly hostName: string;
  readonly address: IpAddress | undefined;
}

/** Reads an address; throws `LuaFault` for anything else. */
export function readAddress(item: LuaConstant): IpAddress {
  const address = item.kind === 'string' ? parseIp(item.value) : undefined;
  if (address === undefined) throw new LuaFault(`${describeConstant(item)} is not an IP address`, item.offset);
  return address;
}

/** Reads a port from 1 to 65,535, written as a number or as text; throws `LuaFault`. */
export function readPort(constant: LuaConstant): number {
  const isText = constant.kind === 'number' || constant.kind === 'string';
  const text = isText ? String(constant.value) : '';
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new LuaFault(`port ${describeConstant(constant)} is not a whole number from 1 to 65535`, constant.offset);
}

/** A target that answers a URL at the URL's own host, looked up at each run where it is a name. */
export function ownUrlTarget(check: UrlCheck, options: CheckOptions): HealthTarget {
  if (check.address !== undefined) return urlTarget(check.address, check, options);
  const what: HttpKind = { ...check.what, lookUp: check.hostName };
  return urlTarget(unspecified, { ...check, what }, options);
}

/** A target that takes connections. */
export function portTarget(address: IpAddress, port: number, options: CheckOptions): HealthTarget {
  return { what: { kind: 'tcp' }, address, port, ...timingOf(options) };
}

/** A target that answers a URL, asked at `address`. */
export function urlTarget(address: IpAddress, { what, port }: UrlCheck, options: CheckOptions): HealthTarget {
  return { what, address, port, ...timingOf(options) };
}

function timingOf(options: CheckOptions): Omit<HealthTarget, 'what' | 'address' | 'port'> {
  const { sourceAddress, intervalMs, timeoutMs, minimumFailures, rise, onlyProbe } = options;
  const source = sourceAddress === undefined ? {} : { sourceAddress };
  return { intervalMs, timeoutMs, rise, fall: minimumFailures, onlyProbe, ...source };
}

/** Reads a URL with the options of its check; throws `LuaFault` at `offset`. */
export function readUrl(text: string, offset: number, options: CheckOptions, readsWeight = false): UrlCheck {
  const url = parseUrl(text);
  const kind = url?.protocol === 'http:' ? 'http' : url?.protocol === 'https:' ? 'https' : undefined;
  if (url === undefined || kind === undefined)
    throw new LuaFault(`"${text}" is no URL to check: expected one such as https://www.example.com/health`, offset);
  const { verifyTls, method, expectStatus, userAgent, maxBodyBytes, stringMatch, regexMatch } = options;
  const address = parseIp(url.hostname.replace(/^\[|\]$/g, ''));
  const host = options.headers.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? url.host;
  const headers = [...credentials(url), ...options.headers.filter(([name]) => name.toLowerCase() !== 'host')];
  // PowerDNS follows redirects and judges the last answer; who expects a redirect wants to see it.
  const expectsRedirect = expectStatus.some(({ from, to }) => from < 400 && to >= 300);
  const what: HttpKind = {
    kind,
    path: url.pathname + url.search,
    method,
    host,
    ...(address === undefined && kind === 'https' ? { serverName: url.hostname } : {}),
    expectStatus,
    verifyTls,
    ...(headers.length === 0 ? {} : { headers }),
    ...(userAgent === undefined ? {} : { userAgent }),
    ...bodyOf(stringMatch, regexMatch),
    ...(maxBodyBytes === undefined ? {} : { maxBodyBytes }),
    followRedirects: expectsRedirect ? 0 : maxRedirects,
    reuseConnection: false,
    readsWeight,
  };
  return {
    what,
    port: url.port === '' ? (kind === 'http' ? 80 : 443) : Number(url.port),
    hostName: url.hostname,
    address,
  };
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

function bodyOf(text: string | undefined, pattern: string | undefined): Pick<HttpKind, 'expectBody'> {
  if (pattern !== undefined) return { expectBody: { kind: 'pattern', value: pattern } };
  return text === undefined ? {} : { expectBody: { kind: 'text', value: text } };
}

/** A user and password in the URL, as curl sends them (RFC 7617). */
function credentials({ username, password }: URL): readonly (readonly [string, string])[] {
  if (username === '' && password === '') return [];
  const pair = `${decodePercent(username)}:${decodePercent(password)}`;
  return [['authorization', `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`]];
}

/** As written where it is not well encoded. */
function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
