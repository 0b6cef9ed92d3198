import { availableParallelism } from 'node:os';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadMachine, parseMachine } from './machine.ts';
import { formatProblem } from './problem.ts';

const directory = mkdtempSync(join(tmpdir(), 'fairlead-machine-'));
after(() => rmSync(directory, { recursive: true }));
writeFileSync(join(directory, 'token'), 'secret\n');
writeFileSync(join(directory, 'empty'), '\n');
writeFileSync(join(directory, 'words'), 'two words\n');

const text = `site: fra
stateDirectory: var/fra
dns: { listen: ['127.0.0.1:5300', '[::1]:5300'] }
api: { listen: '127.0.0.1:8053' }
replication: { role: writer }
`;

function problemsOf(changed: string): readonly string[] {
  const parsed = parseMachine(directory, changed);
  assert.equal(parsed.ok, false, 'the text must be refused');
  return parsed.fault.map((problem) => formatProblem(problem).replaceAll(directory, 'DIR'));
}

test('paths are resolved beside the file and defaults filled in', () => {
  const parsed = parseMachine(directory, text);
  assert.ok(parsed.ok);
  assert.deepEqual(parsed.value, {
    directory,
    site: 'fra',
    stateDirectory: join(directory, 'var/fra'),
    controlSocket: join(directory, 'var/fra/control.sock'),
    handoverSocket: join(directory, 'var/fra/handover.sock'),
    dns: {
      listen: [
        { address: '127.0.0.1', port: 5300 },
        { address: '::1', port: 5300 },
      ],
      threads: Math.max(1, availableParallelism() - 1),
      minimalResponses: true,
      rotate: false,
      joinReplies: true,
      luaStepLimit: 10_000,
      nsid: undefined,
      chaos: {},
      cookies: { kind: 'random' },
      rateLimit: undefined,
      transferTo: [],
      tcp: { maxConnections: 1000, maxConnectionsPerClient: 50, idleTimeoutMs: 10_000 },
    },
    api: { listen: { address: '127.0.0.1', port: 8053 }, token: undefined },
    replication: { role: 'writer' },
    geoDatabases: [],
    checks: { execDirectories: [] },
    bgp: { localAddress: undefined, listen: [], md5Keys: new Map() },
    log: { level: 'info' },
  });
});

test('a token is read from its file, and lets the API listen on any address', () => {
  const open = text.replace("'127.0.0.1:8053'", "'0.0.0.0:8053', tokenFile: token");
  const parsed = parseMachine(directory, open);
  assert.ok(parsed.ok);
  assert.equal(parsed.value.api.token, 'secret');
});

const refusals: readonly (readonly [string, string, readonly string[]])[] = [
  [
    'the API can be reached by others without a token',
    text.replace('127.0.0.1:8053', '192.0.2.1:8053'),
    [
      "fairlead.yaml:4:16: api.listen: '192.0.2.1' can be reached from other machines, expected a tokenFile beside it or a loopback address",
    ],
  ],
  [
    'the token file is missing',
    text.replace("8053'", "8053', tokenFile: nowhere"),
    ["fairlead.yaml:4:45: api.tokenFile: cannot read the token file 'DIR/nowhere': there is no such file"],
  ],
  [
    'the token file is empty',
    text.replace("8053'", "8053', tokenFile: empty"),
    ["fairlead.yaml:4:45: api.tokenFile: the token file 'DIR/empty' is empty, expected a token"],
  ],
  [
    'the token file holds more than a token',
    text.replace("8053'", "8053', tokenFile: words"),
    [
      "fairlead.yaml:4:45: api.tokenFile: the token file 'DIR/words' holds white space or other than ASCII, expected one token",
    ],
  ],
  [
    'a listen address, a follower without a writer and a level are wrong, all at once',
    text
      .replace("'[::1]:5300'", 'localhost:5300')
      .replace('{ role: writer }', '{ role: follower, form: [x] }')
      .concat('log: { level: warning }\n'),
    [
      "fairlead.yaml:3:35: dns.listen[1]: got 'localhost:5300', expected an address and port such as 192.0.2.1:53 or [2001:db8::1]:53",
      "fairlead.yaml:5:32: replication: unknown key 'form', did you mean 'from'?",
      "fairlead.yaml:6:15: log.level: got 'warning', expected 'info', 'debug', 'warn' or 'error'",
    ],
  ],
  [
    'a writer is no URL of an API',
    text.replace('{ role: writer }', "{ role: follower, from: ['10.0.0.1:8053', 'http://10.0.0.1:8053/v1'] }"),
    [
      "fairlead.yaml:5:39: replication.from[0]: got '10.0.0.1:8053', expected a URL such as http://192.0.2.1:8053",
      "fairlead.yaml:5:56: replication.from[1]: got 'http://10.0.0.1:8053/v1', expected a URL such as http://192.0.2.1:8053",
    ],
  ],
  [
    'the control socket would not fit into a socket address',
    text.replace('var/fra', `/var/${'x'.repeat(100)}`),
    [
      `fairlead.yaml:2:17: stateDirectory: the control socket '/var/${'x'.repeat(100)}/control.sock' would have 118 bytes, expected at most 107`,
    ],
  ],
];

for (const [name, changed, problems] of refusals) {
  test(`refused: ${name}`, () => {
    assert.deepEqual(problemsOf(changed), problems);
  });
}

test('a missing file is named with the whole path', () => {
  const loaded = loadMachine(join(directory, 'none'));
  assert.equal(loaded.ok, false);
  assert.match(
    loaded.fault.problems[0]?.message ?? '',
    /^cannot read .*\/none\/fairlead\.yaml: there is no such file$/,
  );
});
