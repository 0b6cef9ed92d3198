import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { checkOf, listen, run, selfSigned } from './checks.fixture.ts';

const warning = { expiryWarningMs: 86_400_000 };

test('a handshake passes with its protocol where the certificate is trusted for the name, and fails elsewhere', async (context) => {
  const port = await listen(context, tls.createServer(selfSigned));
  const handshake = (parts: { serverName?: string; verifyTls: boolean }) =>
    run(checkOf({ kind: 'tls', ...warning, ...parts }, port));
  assert.deepEqual(await handshake({ verifyTls: false }), { passed: true, reason: 'TLSv1.3' });
  const untrusted = await handshake({ verifyTls: true, serverName: 'www.example.com' });
  assert.equal(untrusted.passed, false);
  assert.match(untrusted.reason, /TLS with 127\.0\.0\.1:\d+ failed: .*self-signed/);
});

test('a server that speaks no TLS fails', async (context) => {
  const port = await listen(
    context,
    net.createServer((socket) => socket.end('220 mail.example.com ESMTP\r\n')),
  );
  const outcome = await run(checkOf({ kind: 'tls', verifyTls: false }, port));
  assert.equal(outcome.passed, false);
  assert.match(outcome.reason, /^TLS with 127\.0\.0\.1:\d+ failed/);
});

test('a server that speaks only a protocol other than HTTP/1.1 shakes hands as well', async (context) => {
  const port = await listen(context, tls.createServer({ ...selfSigned, ALPNProtocols: ['h2'] }));
  const outcome = await run(checkOf({ kind: 'tls', verifyTls: false }, port));
  assert.deepEqual(outcome, { passed: true, reason: 'TLSv1.3' });
});

test('an authority that this machine trusts verifies a certificate for its name, and for no other', async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'fairlead-roots-'));
  context.after(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, 'roots.pem'), selfSigned.cert);
  const port = await listen(
    context,
    https.createServer(selfSigned, (_, response) => response.end()),
  );
  const fixture = fileURLToPath(new URL('trusted-check.fixture.ts', import.meta.url));
  const env = { ...process.env, SSL_CERT_FILE: join(directory, 'roots.pem') };
  const { stdout } = await promisify(execFile)(process.execPath, [fixture, String(port)], { env });
  const outcomes: unknown = JSON.parse(stdout);
  assert.ok(Array.isArray(outcomes));
  const [trusted, ending, otherName, overHttp] = outcomes as readonly { passed: boolean; reason: string }[];
  assert.deepEqual(trusted, { passed: true, reason: 'TLSv1.3' });
  assert.equal(ending?.passed, true);
  assert.match(ending.reason, /^TLSv1\.3, certificate ends in \d+d/);
  assert.equal(otherName?.passed, false);
  assert.match(otherName.reason, /does not match certificate's altnames|ERR_TLS_CERT_ALTNAME_INVALID/);
  assert.deepEqual(overHttp, { passed: true, reason: 'status 200' });
});
