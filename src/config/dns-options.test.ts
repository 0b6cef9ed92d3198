import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import type { DnsConfig } from './dns-options.ts';
import { parseMachine } from './machine.ts';
import { formatProblem } from './problem.ts';

const directory = mkdtempSync(join(tmpdir(), 'fairlead-dns-'));
after(() => rmSync(directory, { recursive: true }));
writeFileSync(join(directory, 'token'), 'a-token-of-enough-octets\n');

/** A `fairlead.yaml` with these lines under `dns`. */
function machineText(lines: string, token = true): string {
  const api = token ? "{ listen: '127.0.0.1:8053', tokenFile: token }" : "{ listen: '127.0.0.1:8053' }";
  return `site: fra
stateDirectory: var
api: ${api}
replication: { role: writer }
dns:
  listen: ['127.0.0.1:5300']
${lines}`;
}

function dnsOf(lines: string, token = true): DnsConfig {
  const parsed = parseMachine(directory, machineText(lines, token));
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.fault.map(formatProblem).join('\n'));
  return parsed.value.dns;
}

function problemsOf(lines: string): string {
  const parsed = parseMachine(directory, machineText(lines));
  assert.ok(!parsed.ok, 'the text must be refused');
  return parsed.fault.map((problem) => formatProblem(problem).replaceAll(directory, 'DIR')).join('\n');
}

test('every option of DNS arrives where answering reads it', () => {
  const dns = dnsOf(`  threads: 3
  minimalResponses: false
  rotate: true
  joinReplies: false
  luaStepLimit: 20000
  nsid: fra1
  chaos: { idServer: fra1, version: none }
  rateLimit: { responsesPerSecond: 100, burst: 300, slip: 1, exempt: [192.0.2.0/24] }
  transferTo: [198.51.100.1/32]
  tcp: { maxConnections: 9, maxConnectionsPerClient: 3, idleTimeout: 2s }
`);
  assert.deepEqual(dns, {
    listen: [{ address: '127.0.0.1', port: 5300 }],
    threads: 3,
    minimalResponses: false,
    rotate: true,
    joinReplies: false,
    luaStepLimit: 20_000,
    nsid: 'fra1',
    chaos: { idServer: 'fra1', version: 'none' },
    cookies: { kind: 'master', master: new TextEncoder().encode('a-token-of-enough-octets') },
    rateLimit: { responsesPerSecond: 100, burst: 300, slip: 1, exempt: ['192.0.2.0/24'] },
    transferTo: ['198.51.100.1/32'],
    tcp: { maxConnections: 9, maxConnectionsPerClient: 3, idleTimeoutMs: 2000 },
  });
});

test('cookies come from a file, from the shared token, from this process alone, or not at all', () => {
  writeFileSync(join(directory, 'cookies'), '000102030405060708090a0b0c0d0e0f\n');
  assert.deepEqual(dnsOf('  cookies: { secretFile: cookies }\n').cookies, {
    kind: 'file',
    path: join(directory, 'cookies'),
  });
  assert.equal(dnsOf('').cookies.kind, 'master');
  assert.equal(dnsOf('', false).cookies.kind, 'random');
  assert.equal(dnsOf('  cookies: { enabled: false }\n').cookies.kind, 'none');
});

test('a cookie file that cannot be used is refused at its place', () => {
  assert.match(
    problemsOf('  cookies: { secretFile: nowhere }\n'),
    /^fairlead.yaml:7:26: dns.cookies.secretFile: .*there is no such file/,
  );
  writeFileSync(join(directory, 'bad'), '# first\n0011\n');
  assert.match(problemsOf('  cookies: { secretFile: bad }\n'), /DIR\/bad:2:1: a secret of 4 hex digits, expected 32/);
});

test('options that nobody knows and numbers out of range are refused with what was expected', () => {
  assert.match(problemsOf('  thread: 2\n'), /fairlead.yaml:7:3: dns: .*'thread'/);
  assert.match(problemsOf(`  nsid: ${'é'.repeat(128)}\n`), /dns.nsid: got .*, expected at most 255 octets/);
  assert.match(problemsOf('  threads: 0\n'), /fairlead.yaml:7:12: dns.threads: got '0', expected at least 1/);
  assert.match(
    problemsOf('  rateLimit: { responsesPerSecond: 0 }\n'),
    /dns.rateLimit.responsesPerSecond: got '0', expected at least 1/,
  );
});

test('addresses that clash with each other are refused at their place, not as in use by others', () => {
  const problemsWith = (listen: string): string => {
    const parsed = parseMachine(directory, machineText('').replace("['127.0.0.1:5300']", listen));
    return parsed.ok ? '' : parsed.fault.map(formatProblem).join('\n');
  };
  assert.equal(
    problemsWith("['127.0.0.1:53', '127.0.0.2:53', '127.0.0.1:53']"),
    "fairlead.yaml:6:44: dns.listen[2]: '127.0.0.1:53' is here twice, expected each address once",
  );
  assert.equal(
    problemsWith("['[2001:db8::1]:53', '[::]:53']"),
    "fairlead.yaml:6:32: dns.listen[1]: '[::]:53' and '[2001:db8::1]:53' overlap, expected each address once",
  );
  assert.equal(problemsWith("['0.0.0.0:53', '[::]:53', '127.0.0.1:54', '[::1]:5300']"), '');
  assert.equal(problemsWith("['127.0.0.1:0', '127.0.0.1:0']"), '');
});
