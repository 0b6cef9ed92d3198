/**
 * What a check does, as data, and how each kind reads as text: the text is part of a check's identity.
 *
 * Running is the room `probe`. Two kinds are no probes: `service` and `constant` are judged here, in vantage.ts. `all`
 * is several checks of one subject, of which the worst decides; each part runs by itself.
 */
import { createHash } from 'node:crypto';
import type { CheckDefinition } from './check-definition.ts';

/** Status codes from one to another, both included. */
export interface StatusRange {
  readonly from: number;
  readonly to: number;
}

/** What a body must contain: a text, or a match of a regular expression (ECMAScript, Unicode). */
export interface BodyExpectation {
  readonly kind: 'text' | 'pattern';
  readonly value: string;
}

/** Connects; nothing is sent. */
export interface TcpKind {
  readonly kind: 'tcp';
}

/** One HTTP/1.1 request. */
export interface HttpKind {
  readonly kind: 'http' | 'https';
  readonly path: string;
  readonly method: 'GET' | 'HEAD' | 'POST' | 'OPTIONS';
  /** A name whose addresses are connected to, found anew for each run; the check's own address is `0.0.0.0` then. */
  readonly lookUp?: string | undefined;
  /** The Host header; the address itself where absent. */
  readonly host?: string | undefined;
  /** The name for TLS (SNI) and for the certificate; that of `host` where absent. */
  readonly serverName?: string | undefined;
  readonly expectStatus: readonly StatusRange[];
  readonly verifyTls: boolean;
  readonly headers?: readonly (readonly [name: string, value: string])[] | undefined;
  readonly userAgent?: string | undefined;
  readonly expectBody?: BodyExpectation | undefined;
  /** How much of the body is looked at, in octets; `defaultMaxBodyBytes` where absent. */
  readonly maxBodyBytes?: number | undefined;
  /** How many redirects are followed, on the same host alone. */
  readonly followRedirects: number;
  /** Whether the connection is kept for the next run: less work, and nothing is said about new connections. */
  readonly reuseConnection: boolean;
  /** Whether the body is the target's weight, 0 to 65,535. */
  readonly readsWeight: boolean;
  /** A certificate that ends sooner than this is named in the reason; the check still passes. */
  readonly expiryWarningMs?: number | undefined;
}

/** A TLS handshake. */
export interface TlsKind {
  readonly kind: 'tls';
  readonly serverName?: string | undefined;
  readonly verifyTls: boolean;
  readonly expiryWarningMs?: number | undefined;
}

/** A DNS query. */
export interface DnsKind {
  readonly kind: 'dns';
  readonly name: string;
  /** A mnemonic such as `SOA`. */
  readonly type: string;
  readonly transport: 'udp' | 'tcp';
  /** A mnemonic such as `NOERROR`. */
  readonly expectRcode: string;
  /** Addresses of which the answer must hold at least one. */
  readonly expectAddresses?: readonly string[] | undefined;
}

/** An ICMP echo. */
export interface IcmpKind {
  readonly kind: 'icmp';
}

/** A program of this machine: exit code 0 passes. */
export interface ExecKind {
  readonly kind: 'exec';
  /** The program's absolute path and its arguments; no shell. */
  readonly command: readonly string[];
}

/** A file of this machine that says `up` or `down`. */
export interface FileKind {
  readonly kind: 'file';
  readonly path: string;
}

/** HAProxy's agent-check: a server that says in one line how it is. */
export interface AgentCheckKind {
  readonly kind: 'agentCheck';
}

/** An expression that a Prometheus server evaluates; `$address` and `$port` in it are the target's. */
export interface PrometheusKind {
  readonly kind: 'prometheus';
  readonly url: string;
  readonly expression: string;
  readonly above?: number | undefined;
  readonly below?: number | undefined;
}

/** Another service: up while that one is, at the same site where it has an endpoint there. */
export interface ServiceKind {
  readonly kind: 'service';
  readonly service: string;
}

/** What somebody has decided. */
export interface ConstantKind {
  readonly kind: 'constant';
  readonly state: 'up' | 'down';
}

/** Several checks of one subject; the worst decides. */
export interface AllKind {
  readonly kind: 'all';
  readonly parts: readonly CheckDefinition[];
}

/** What a check does, apart from where and how often. */
export type CheckKind =
  | TcpKind
  | HttpKind
  | TlsKind
  | DnsKind
  | IcmpKind
  | ExecKind
  | FileKind
  | AgentCheckKind
  | PrometheusKind
  | ServiceKind
  | ConstantKind
  | AllKind;

/** How much of a body is looked at where a check does not say, in octets. */
export const defaultMaxBodyBytes = 65_536;

/** What an HTTP check does unless it says otherwise; the kind is to be added. */
export const httpDefaults: Omit<HttpKind, 'kind'> = {
  path: '/',
  method: 'GET',
  expectStatus: [{ from: 200, to: 200 }],
  verifyTls: true,
  followRedirects: 0,
  reuseConnection: false,
  readsWeight: false,
};

/** Writes ranges as `200|300-399`. */
export function formatStatusRanges(ranges: readonly StatusRange[], separator = '|'): string {
  return ranges.map(({ from, to }) => (from === to ? String(from) : `${from}-${to}`)).join(separator);
}

/** Writes what a check does with its target, such as `GET http://192.0.2.1:80/ expecting 200`. */
export function describeKind(what: CheckKind, target: string): string {
  switch (what.kind) {
    case 'tcp':
      return `tcp://${target}`;
    case 'http':
    case 'https':
      return describeHttp(what, target);
    case 'tls':
      return `tls://${target}${part('name', what.serverName)}${trust(what)}${expiry(what)}`;
    case 'dns': {
      const addresses = part('with', what.expectAddresses?.join('|'));
      return `dns ${what.type} ${what.name} at ${what.transport}://${target} expecting ${what.expectRcode}${addresses}`;
    }
    case 'icmp':
      return `icmp ${target.replace(/:\d+$/, '')}`;
    case 'exec':
      return `exec ${JSON.stringify(what.command)} for ${target}`;
    case 'file':
      return `file ${what.path}`;
    case 'agentCheck':
      return `agent-check ${target}`;
    case 'prometheus': {
      const bounds = `${part('above', what.above)}${part('below', what.below)}`;
      const isOfTarget = /\$(?:address|port)\b/.test(what.expression);
      return `prometheus ${what.url} ${what.expression}${bounds}${isOfTarget ? ` for ${target}` : ''}`;
    }
    case 'service':
      return `service ${what.service}`;
    case 'constant':
      return `constant ${what.state}`;
    case 'all':
      return `all of [${what.parts.map((each) => each.id).join('; ')}]`;
  }
}

function describeHttp(what: HttpKind, target: string): string {
  const { expectBody, headers } = what;
  const body = expectBody === undefined ? '' : ` with ${expectBody.kind} ${JSON.stringify(expectBody.value)}`;
  // Values of headers may be secrets, and an identity is told to others and shown.
  const names = headers?.map(([name]) => name).join(',');
  const sent = headers === undefined || headers.length === 0 ? '' : ` headers ${names}#${digestOf(headers)}`;
  return [
    `${what.method} ${what.kind}://${what.lookUp === undefined ? target : target.replace(/^.*(?=:)/, what.lookUp)}${what.path}${part('host', what.host)}`,
    what.kind === 'https' ? part('name', what.serverName) : '',
    ` expecting ${formatStatusRanges(what.expectStatus)}`,
    body,
    part('within', what.maxBodyBytes),
    sent,
    part('agent', what.userAgent),
    what.followRedirects === 0 ? '' : ` redirects ${what.followRedirects}`,
    what.reuseConnection ? ' kept alive' : '',
    what.readsWeight ? ' reading weight' : '',
    what.kind === 'https' ? `${trust(what)}${expiry(what)}` : '',
  ].join('');
}

function trust({ verifyTls }: { readonly verifyTls: boolean }): string {
  return verifyTls ? '' : ' unverified';
}

function expiry({ expiryWarningMs }: { readonly expiryWarningMs?: number | undefined }): string {
  return expiryWarningMs === undefined ? '' : ` expiry ${expiryWarningMs}ms`;
}

function part(word: string, value: string | number | undefined): string {
  return value === undefined ? '' : ` ${word} ${value}`;
}

/** A short digest for identities; 64 bits, so that two of ours are never equal by chance. */
export function digestOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}
