/** Where a redirect leads, as far as a check follows it: another path, port or scheme of the same host (RFC 9110 §15.4). */
import { formatHostPort } from '#base/ip.ts';
import type { CheckDefinition } from '#health/check-definition.ts';
import type { HttpKind } from '#health/check-kind.ts';

/** One request of a check: the first, or one that a redirect led to. */
export interface Hop {
  readonly isTls: boolean;
  readonly port: number;
  readonly path: string;
  readonly method: HttpKind['method'];
}

/** What a redirect is read against. */
export interface RedirectContext {
  readonly status: number;
  readonly hop: Hop;
  readonly check: CheckDefinition;
  /** The Host header of the check, where it has one. */
  readonly host: string | undefined;
}

/** The next request, or why there is none. */
export function redirectTarget(location: string, { status, hop, check, host }: RedirectContext): Hop | string {
  const authority = host ?? formatHostPort(check.address, hop.port);
  const base = URL.parse(`${hop.isTls ? 'https' : 'http'}://${authority}${hop.path}`);
  const shown = location.length > 100 ? `${location.slice(0, 97)}...` : location;
  if (base === null) return `status ${status}, '${authority}' is no host to follow a redirect from`;
  const url = URL.parse(location, base.href);
  if (url === null || !/^https?:$/.test(url.protocol)) return `status ${status}, redirect to '${shown}' is no HTTP URL`;
  if (url.hostname !== base.hostname) return `status ${status}, redirect to another host, '${shown}', is not followed`;
  const isTls = url.protocol === 'https:';
  // Behind a port that the client does not see, the URL's own port says nothing: the check's stays.
  const isSameOrigin = url.protocol === base.protocol && url.port === base.port;
  const port = isSameOrigin ? hop.port : url.port === '' ? (isTls ? 443 : 80) : Number(url.port);
  const isKept = status === 307 || status === 308 || hop.method === 'HEAD';
  return { isTls, port, path: `${url.pathname}${url.search}`, method: isKept ? hop.method : 'GET' };
}
