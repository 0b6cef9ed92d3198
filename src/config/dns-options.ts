/**
 * `dns` of `fairlead.yaml`: where this machine answers DNS, with how many threads, and how its replies look.
 *
 * Everything but `listen` has a default that suits most. How an answer is found is told by the release, not here.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';
import { familyOf, formatHostPort } from '#base/ip.ts';
import type { IpAddress, IpPrefix } from '#base/ip.ts';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import type { ChaosTexts } from '#dns/answer/chaos.ts';
import type { RateLimit } from '#dns/answer/rate-limiter.ts';
import { minMasterBytes, parseCookieSecrets } from '#serve/cookie-secrets.ts';
import type { ListenAddress } from '#serve/listen-fault.ts';
import { durationMs } from '#health/check.ts';
import { hostPort, ipPrefix } from './fields.ts';
import { reasonOf } from './secret.ts';

/** The most that the limiter's counters hold. */
const maxBurst = 10_000;

/** The longest character string (RFC 1035 §3.3). */
const maxStringBytes = 255;

/** Text that fits in one character string. */
const identity = z
  .string()
  .min(1)
  .refine(
    (text) => new TextEncoder().encode(text).length <= maxStringBytes,
    `expected at most ${maxStringBytes} octets`,
  );

/** The schema of `dns`. */
export const dnsSchema = z.strictObject({
  listen: z.array(hostPort).min(1),
  threads: z.int().min(1).max(64).optional(),
  minimalResponses: z.boolean().default(true),
  rotate: z.boolean().default(false),
  joinReplies: z.boolean().default(true),
  luaStepLimit: z.int().min(100).max(10_000_000).default(10_000),
  nsid: identity.optional(),
  chaos: z.strictObject({ idServer: identity.optional(), version: identity.optional() }).default({}),
  cookies: z
    .strictObject({ enabled: z.boolean().default(true), secretFile: z.string().min(1).optional() })
    .default({ enabled: true }),
  rateLimit: z
    .strictObject({
      responsesPerSecond: z.int().min(1).max(1_000_000),
      burst: z.int().min(1).max(maxBurst).optional(),
      slip: z.int().min(0).max(100).default(2),
      exempt: z.array(ipPrefix).default([]),
    })
    .optional(),
  transferTo: z.array(ipPrefix).default([]),
  tcp: z
    .strictObject({
      maxConnections: z.int().min(1).max(100_000).default(1000),
      maxConnectionsPerClient: z.int().min(1).max(100_000).default(50),
      idleTimeout: durationMs.default(10_000),
    })
    .prefault({}),
});

/** Where cookie secrets come from. */
export type CookieSource =
  | { readonly kind: 'none' }
  /** A file, which SIGHUP reads again. */
  | { readonly kind: 'file'; readonly path: string }
  /** Computed from a secret that all sites share, anew every day. */
  | { readonly kind: 'master'; readonly master: Uint8Array }
  /** Of this process alone: cookies of another site are not known here. */
  | { readonly kind: 'random' };

/** How this machine answers DNS. */
export interface DnsConfig {
  readonly listen: readonly ListenAddress[];
  readonly threads: number;
  readonly minimalResponses: boolean;
  readonly rotate: boolean;
  /** UDP: replies that follow each other to one client's port go to the kernel as one message. */
  readonly joinReplies: boolean;
  /** Steps that the code of a record may take for one answer. */
  readonly luaStepLimit: number;
  readonly nsid: string | undefined;
  readonly chaos: ChaosTexts;
  readonly cookies: CookieSource;
  readonly rateLimit: RateLimit | undefined;
  readonly transferTo: readonly IpPrefix[];
  readonly tcp: {
    readonly maxConnections: number;
    readonly maxConnectionsPerClient: number;
    readonly idleTimeoutMs: number;
  };
}

/** Why options cannot be taken, and at which place below `fairlead.yaml`. */
export interface DnsOptionFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Completes validated options; `token` is the secret of the API, which all sites share. */
export function readDnsConfig(
  directory: string,
  options: z.output<typeof dnsSchema>,
  token: string | undefined,
): Result<DnsConfig, DnsOptionFault> {
  const clash = listenClash(options.listen);
  if (clash !== undefined) return refuse(clash);
  const cookies = cookieSource(directory, options.cookies, token);
  if (cookies.kind === 'file') {
    const read = readCookieSecrets(cookies.path);
    if (!read.ok) return refuse({ path: ['dns', 'cookies', 'secretFile'], message: read.fault });
  }
  const { listen, minimalResponses, rotate, joinReplies, luaStepLimit, nsid, transferTo, rateLimit, tcp } = options;
  const { idServer, version } = options.chaos;
  return succeed({
    listen,
    // One core is left to decisions, BGP and TCP.
    threads: options.threads ?? Math.max(1, availableParallelism() - 1),
    minimalResponses,
    rotate,
    joinReplies,
    luaStepLimit,
    nsid,
    chaos: { ...(idServer === undefined ? {} : { idServer }), ...(version === undefined ? {} : { version }) },
    cookies,
    rateLimit:
      rateLimit === undefined
        ? undefined
        : { ...rateLimit, burst: rateLimit.burst ?? Math.min(rateLimit.responsesPerSecond, maxBurst) },
    transferTo,
    tcp: {
      maxConnections: tcp.maxConnections,
      maxConnectionsPerClient: tcp.maxConnectionsPerClient,
      idleTimeoutMs: tcp.idleTimeout,
    },
  });
}

/** Reads a file of cookie secrets. The fault names every line that is wrong. */
export function readCookieSecrets(path: string): Result<readonly Uint8Array[], string> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return refuse(`cannot read the cookie secrets '${path}': ${reasonOf(error)}`);
  }
  const parsed = parseCookieSecrets(text, path);
  return parsed.ok ? parsed : refuse(parsed.fault.join('; '));
}

/** The first address that an earlier one takes already: the system would only say that it is in use. */
function listenClash(listen: readonly ListenAddress[]): DnsOptionFault | undefined {
  for (const [index, { address, port }] of listen.entries()) {
    const earlier = listen.slice(0, index).filter((each) => each.port === port && port !== 0);
    const other = earlier.find(
      (each) =>
        familyOf(each.address) === familyOf(address) &&
        (each.address === address || isUnspecified(each.address) || isUnspecified(address)),
    );
    if (other === undefined) continue;
    const [mine, its] = [formatHostPort(address, port), formatHostPort(other.address, port)];
    const message = mine === its ? `'${mine}' is here twice` : `'${mine}' and '${its}' overlap`;
    return { path: ['dns', 'listen', index], message: `${message}, expected each address once` };
  }
  return undefined;
}

function isUnspecified(address: IpAddress): boolean {
  return address === '0.0.0.0' || address === '::';
}

function cookieSource(
  directory: string,
  { enabled, secretFile }: { readonly enabled: boolean; readonly secretFile?: string | undefined },
  token: string | undefined,
): CookieSource {
  if (!enabled) return { kind: 'none' };
  if (secretFile !== undefined) return { kind: 'file', path: resolve(directory, secretFile) };
  const master = new TextEncoder().encode(token ?? '');
  return master.length >= minMasterBytes ? { kind: 'master', master } : { kind: 'random' };
}
