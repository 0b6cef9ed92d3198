/** What tests of checks share: a certificate, servers on loopback, and running one check once. */
import assert from 'node:assert/strict';
import type net from 'node:net';
import type { TestContext } from 'node:test';
import type { IpAddress } from '#base/ip.ts';
import { defineCheck } from '#health/check-definition.ts';
import type { CheckDefinition } from '#health/check-definition.ts';
import { httpDefaults } from '#health/check-kind.ts';
import type { CheckKind, HttpKind } from '#health/check-kind.ts';
import type { Outcome } from './outcome.ts';
import { CheckRunner } from './run-check.ts';
import type { RunnerOptions } from './run-check.ts';

/** For `www.example.com`, valid for 100 years, trusted by nobody. */
export const selfSigned = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgSN8MMous4RrWZTn+
wbcmejK9yOY/T0s7iMYhsBbgqs+hRANCAAQzEtRC/JQzysMt8IlD7V8sly2VXoxA
zdusl3Y7sOZ0xUMqpoujLIaSwJZPH8AZxS1SIO68x2Pt97sgLPMm/DnA
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBpzCCAU2gAwIBAgIUO9jmjA3VPlpvKYhSMm2qGqKsG5YwCgYIKoZIzj0EAwIw
GjEYMBYGA1UEAwwPd3d3LmV4YW1wbGUuY29tMCAXDTI2MTEyMTAzMTM1MloYDzIx
MjYxMDI4MDMxMzUyWjAaMRgwFgYDVQQDDA93d3cuZXhhbXBsZS5jb20wWTATBgcq
hkjOPQIBBggqhkjOPQMBBwNCAAQzEtRC/JQzysMt8IlD7V8sly2VXoxAzdusl3Y7
sOZ0xUMqpoujLIaSwJZPH8AZxS1SIO68x2Pt97sgLPMm/DnAo28wbTAdBgNVHQ4E
FgQUD2ZZVhvUzTYMQYBN6pxyC18lZsswHwYDVR0jBBgwFoAUD2ZZVhvUzTYMQYBN
6pxyC18lZsswDwYDVR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgg93d3cuZXhhbXBs
ZS5jb20wCgYIKoZIzj0EAwIDSAAwRQIgHnFEx2DOTM7dBxNvtaYbCel4jorYBZET
o+HR7sjVoFYCIQCOtjFbkhixwe/pcCDM5cp3alhEWtCrzf4ulQJPqAmfAA==
-----END CERTIFICATE-----
`,
};

const loopback = '127.0.0.1' as IpAddress;

export function httpKind(parts: Partial<HttpKind> = {}): HttpKind {
  return { ...httpDefaults, kind: 'http', ...parts };
}

/** A check that has far more time than its answer takes. */
export function checkOf(what: CheckKind, port: number, parts: Partial<CheckDefinition> = {}): CheckDefinition {
  const timing = { intervalMs: 1000, timeoutMs: 60_000, rise: 2, fall: 3 };
  return defineCheck({ what, address: loopback, port, ...timing, ...parts });
}

/** Listens on a free port of 127.0.0.1 until the test is over. */
export async function listen(context: TestContext, server: net.Server): Promise<number> {
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return portOf(server);
}

/** Runs a check once. */
export async function run(check: CheckDefinition, options: Partial<RunnerOptions> = {}): Promise<Outcome> {
  const runner = new CheckRunner({ execDirectories: [], ...options });
  const outcome = await runWith(runner, check);
  runner.close();
  return outcome;
}

/** Runs a check once by a runner that may have run it before. */
export function runWith(runner: CheckRunner, check: CheckDefinition): Promise<Outcome> {
  return new Promise((resolve) => {
    runner.start(check, resolve);
  });
}

export function portOf(server: net.Server): number {
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return address.port;
}
