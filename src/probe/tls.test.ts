import assert from 'node:assert/strict';
import net from 'node:net';
import test from 'node:test';
import tls from 'node:tls';
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
