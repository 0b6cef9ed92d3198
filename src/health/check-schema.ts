/** Checks as they are written in `zones/*.yaml`: their schema, and the definition that comes of one at a target. */
import { z } from 'zod';
import type { IpAddress } from '#base/ip.ts';
import { parseIp } from '#base/ip.ts';
import { combineChecks, defineCheck, durationMs } from './check.ts';
import type { CheckDefinition } from './check.ts';
import { defaultMaxBodyBytes } from './check-kind.ts';
import type { BodyExpectation, CheckKind, HttpKind, StatusRange } from './check-kind.ts';

/** When a certificate that ends is named, unless the check says otherwise: 14 days, as ACME clients renew at 30. */
const defaultExpiryWarningMs = 14 * 86_400_000;

const timing = {
  interval: durationMs.default(1000),
  timeout: durationMs.default(1000),
  rise: z.int().min(1).max(100).default(2),
  fall: z.int().min(1).max(100).default(3),
};

const statusWords = "a status such as 200 or a range such as '300-399'";

const statusRange = z
  .unknown()
  .describe(statusWords)
  .transform((value, context): StatusRange => {
    const [, from = '', to = from] = /^(\d{3})(?:-(\d{3}))?$/.exec(String(value)) ?? [];
    const range = { from: Number(from), to: Number(to) };
    const isWritten = typeof value === 'number' || typeof value === 'string';
    if (isWritten && range.from >= 100 && range.to <= 599 && range.from <= range.to) return range;
    context.addIssue({ code: 'custom', message: `expected ${statusWords}` });
    return z.NEVER;
  });

/** What may stand in a request line or a header: a line break there would be another header. */
const visibleText = (words: string): z.ZodString =>
  z
    .string()
    .min(1)
    .max(2000)
    .regex(/^[\x20-\x7e]+$/, words);

const ownHeaders = new Set(['host', 'user-agent', 'connection', 'content-length', 'transfer-encoding', 'expect']);

const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/, 'the name of a header')
  .refine((name) => !ownHeaders.has(name.toLowerCase()), {
    message: `a header other than ${[...ownHeaders].join(', ')}`,
  });

const pattern = z.string().min(1).max(1000).refine(isPattern, { message: 'expected a regular expression' });

const body = z
  .union([z.string().min(1).max(1000), z.strictObject({ pattern })])
  .transform((given): BodyExpectation =>
    typeof given === 'string' ? { kind: 'text', value: given } : { kind: 'pattern', value: given.pattern },
  );

const name = visibleText('a name without spaces').regex(/^\S+$/, 'a name without spaces').max(253);
const expiryWarning = durationMs.default(defaultExpiryWarningMs);
const verifyTls = z.boolean().default(true);

const httpParameters = {
  path: z
    .string()
    .startsWith('/')
    .max(2000)
    .regex(/^[\x21-\x7e]*$/, 'a path without spaces')
    .default('/'),
  host: name.optional(),
  method: z.enum(['GET', 'HEAD', 'POST', 'OPTIONS']).default('GET'),
  expectStatus: z
    .array(statusRange)
    .min(1)
    .default([{ from: 200, to: 200 }]),
  headers: z.record(headerName, visibleText('text without control characters')).optional(),
  userAgent: visibleText('text without control characters').optional(),
  expectBody: body.optional(),
  // A pattern looks at 64 KiB at most whatever is given here (probe/body-match.ts).
  maxBodyBytes: z.int().min(1).max(1_048_576).default(defaultMaxBodyBytes),
  followRedirects: z.int().min(0).max(10).default(0),
  reuseConnection: z.boolean().default(false),
  readsWeight: z.boolean().default(false),
};

const recordTypes = ['A', 'AAAA', 'CAA', 'CNAME', 'DNSKEY', 'DS', 'HTTPS', 'MX', 'NS', 'PTR', 'SOA', 'SRV', 'TXT'];

const dnsParameters = {
  name,
  record: z.enum(recordTypes).default('SOA'),
  transport: z.enum(['udp', 'tcp']).default('udp'),
  expectRcode: z
    .enum(['NOERROR', 'NXDOMAIN', 'REFUSED', 'SERVFAIL', 'NOTAUTH', 'NOTIMP', 'FORMERR'])
    .default('NOERROR'),
  expectAddresses: z.array(parsedText('an IPv4 or IPv6 address', parseIp)).min(1).max(100).optional(),
};

const absolutePath = z
  .string()
  .startsWith('/')
  .max(1000)
  .regex(/^[^\0]*$/, 'a path');

const tcp = z.strictObject({ type: z.literal('tcp'), ...timing });
const http = z.strictObject({ type: z.literal('http'), ...httpParameters, ...timing });
const https = z.strictObject({
  type: z.literal('https'),
  ...httpParameters,
  serverName: name.optional(),
  verifyTls,
  expiryWarning,
  ...timing,
});
const tls = z.strictObject({
  type: z.literal('tls'),
  serverName: name.optional(),
  verifyTls,
  expiryWarning,
  ...timing,
});
const dns = z.strictObject({ type: z.literal('dns'), ...dnsParameters, ...timing });
const icmp = z.strictObject({ type: z.literal('icmp'), ...timing });
const exec = z.strictObject({
  type: z.literal('exec'),
  command: z.tuple(
    [absolutePath],
    z
      .string()
      .max(10_000)
      .regex(/^[^\0]*$/, 'text'),
  ),
  ...timing,
});
const file = z.strictObject({ type: z.literal('file'), path: absolutePath, ...timing });
const agentCheck = z.strictObject({ type: z.literal('agentCheck'), ...timing });
const prometheus = z.strictObject({
  type: z.literal('prometheus'),
  url: parsedText('a URL such as http://prometheus.example:9090 or https://192.0.2.1/prometheus', parsePlainUrl),
  expression: z.string().min(1).max(2000),
  above: z.number().optional(),
  below: z.number().optional(),
  ...timing,
});
const service = z.strictObject({ type: z.literal('service'), service: z.string().min(1).max(63), ...timing });
const constant = z.strictObject({ type: z.literal('constant'), state: z.enum(['up', 'down']), ...timing });

/** A check as written in `zones/*.yaml`, without its target. */
export const checkSchema = z.discriminatedUnion('type', [
  tcp,
  http,
  https,
  tls,
  dns,
  icmp,
  exec,
  file,
  agentCheck,
  prometheus,
  service,
  constant,
]);

/** The kinds that may be a reference: they reach a target outside, which is added to each as `address` and `port`. */
export const referenceKinds = [tcp, http, https, tls, dns, icmp] as const;

/** What the schema gives for one check. */
export type CheckFields = z.output<typeof checkSchema>;

/** What one entry does is the same for each of its targets, of which there may be thousands. */
const kinds = new WeakMap<CheckFields, CheckKind>();

/** Builds the check of one target from its fields. */
export function checkFromFields(fields: CheckFields, address: IpAddress, port: number): CheckDefinition {
  let what = kinds.get(fields);
  if (what === undefined) {
    what = kindFrom(fields);
    kinds.set(fields, what);
  }
  return defineCheck({
    what,
    address,
    port,
    intervalMs: fields.interval,
    timeoutMs: fields.timeout,
    rise: fields.rise,
    fall: fields.fall,
  });
}

/** Builds the check of one target from all that a service lists, of which the worst decides; at least one. */
export function checkFromList(list: readonly CheckFields[], address: IpAddress, port: number): CheckDefinition {
  return combineChecks(list.map((fields) => checkFromFields(fields, address, port)));
}

function kindFrom(fields: CheckFields): CheckKind {
  switch (fields.type) {
    case 'tcp':
    case 'icmp':
    case 'agentCheck':
      return { kind: fields.type };
    case 'http':
    case 'https':
      return httpKindFrom(fields);
    case 'tls': {
      const { serverName, verifyTls: verifies, expiryWarning: expiryWarningMs } = fields;
      return { kind: 'tls', serverName, verifyTls: verifies, expiryWarningMs };
    }
    case 'dns': {
      const { name: queried, record, transport, expectRcode, expectAddresses } = fields;
      return { kind: 'dns', name: queried, type: record, transport, expectRcode, expectAddresses };
    }
    case 'exec':
      return { kind: 'exec', command: fields.command };
    case 'file':
      return { kind: 'file', path: fields.path };
    case 'prometheus': {
      const { url, expression, above, below } = fields;
      return { kind: 'prometheus', url, expression, above, below };
    }
    case 'service':
      return { kind: 'service', service: fields.service };
    case 'constant':
      return { kind: 'constant', state: fields.state };
  }
}

function httpKindFrom(fields: Extract<CheckFields, { type: 'http' | 'https' }>): HttpKind {
  const { maxBodyBytes, headers } = fields;
  const isTls = fields.type === 'https';
  return {
    kind: fields.type,
    path: fields.path,
    method: fields.method,
    host: fields.host,
    serverName: isTls ? fields.serverName : undefined,
    expectStatus: fields.expectStatus,
    verifyTls: isTls ? fields.verifyTls : false,
    headers: headers === undefined ? undefined : Object.entries(headers),
    userAgent: fields.userAgent,
    expectBody: fields.expectBody,
    maxBodyBytes: maxBodyBytes === defaultMaxBodyBytes ? undefined : maxBodyBytes,
    followRedirects: fields.followRedirects,
    reuseConnection: fields.reuseConnection,
    readsWeight: fields.readsWeight,
    expiryWarningMs: isTls ? fields.expiryWarning : undefined,
  };
}

function parsedText<Value>(expected: string, parse: (text: string) => Value | undefined): z.ZodType<Value, string> {
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

function parsePlainUrl(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') return undefined;
  if (url.username !== '') return undefined;
  return url.href.replace(/\/$/, '');
}

function isPattern(text: string): boolean {
  try {
    new RegExp(text, 'u');
    return true;
  } catch {
    return false;
  }
}
