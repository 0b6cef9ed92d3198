import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { directoryWith, runFairlead, soundConfig } from '../process.fixture.ts';

test("the repository's own example is sound", async () => {
  const { code, stdout, stderr } = await runFairlead(['check'], fileURLToPath(new URL('../../../', import.meta.url)));
  assert.match(stdout, /^ok: fra, 2 sites, 1 service, 0 prefixes, 1 zone, release [0-9a-f]{12}\n$/);
  assert.equal(stderr, '');
  assert.equal(code, 0);
});

test('a sound config is told in one line, and named by --config from elsewhere', async (context) => {
  const directory = directoryWith(context, soundConfig);
  const { code, stdout } = await runFairlead(['check', '--config', directory], '/');
  assert.match(stdout, /^ok: fra, 1 site, 1 service, 0 prefixes, 1 zone, release /);
  assert.equal(code, 0);
});

const brokenConfig = {
  ...soundConfig,
  'fairlead.yaml': (soundConfig['fairlead.yaml'] ?? '').replace('writer', 'wirter'),
  'sites/fra.yaml': (soundConfig['sites/fra.yaml'] ?? '')
    .replace('location', 'locaton')
    .replace('192.0.2.1', '192.0.2'),
  'zones/www.yaml': 'services:\n  www:\n    check: { type: tcp, intervall: 1s, timeout: 1 }\n',
  'zones/example.com.zone': `${soundConfig['zones/example.com.zone'] ?? ''}mail IN A 192.0.2.530\n`,
};

test('all problems of all files come at once, each with its line and a caret', async (context) => {
  const { code, stdout, stderr } = await runFairlead(['check'], directoryWith(context, brokenConfig));
  assert.equal(stdout, '');
  assert.equal(
    stderr,
    `fairlead.yaml:5:22: replication.role: got 'wirter', expected 'writer' or 'follower', did you mean 'writer'?
    replication: { role: wirter }
                         ^
sites/fra.yaml:3:1: unknown key 'locaton', did you mean 'location'?
    locaton: { latitude: 50.1, longitude: 8.6 }
    ^
sites/fra.yaml:6:18: endpoints.www[0].address: got '192.0.2', expected an IPv4 or IPv6 address
        - { address: 192.0.2, port: 80 }
                     ^
ZONE
    mail IN A 192.0.2.530
              ^
zones/www.yaml:3:25: services.www.check: unknown key 'intervall', did you mean 'interval'?
        check: { type: tcp, intervall: 1s, timeout: 1 }
                            ^
zones/www.yaml:3:49: services.www.check.timeout: got '1', expected a duration such as 500ms, 30s or 5m
        check: { type: tcp, intervall: 1s, timeout: 1 }
                                                    ^
6 problems
`.replace(
      'ZONE',
      /^zones\/example\.com\.zone:8:11: .*192\.0\.2\.530.*$/m.exec(stderr)?.[0] ?? 'no problem of the zone',
    ),
  );
  assert.equal(code, 1);
});

test('with -o json the problems are data', async (context) => {
  const { code, stdout } = await runFairlead(['check', '-o', 'json'], directoryWith(context, brokenConfig));
  const { ok, problems } = JSON.parse(stdout) as { ok: boolean; problems: readonly unknown[] };
  assert.equal(ok, false);
  assert.deepEqual(problems[1], {
    file: 'sites/fra.yaml',
    line: 3,
    column: 1,
    path: '',
    message: "unknown key 'locaton', did you mean 'location'?",
  });
  assert.equal(code, 1);
});

test('warnings go to stderr and leave the exit code alone', async (context) => {
  const policy = `${soundConfig['zones/www.yaml'] ?? ''}  old:\n    check: { type: tcp }\n`;
  const directory = directoryWith(context, { ...soundConfig, 'zones/www.yaml': policy });
  const { code, stdout, stderr } = await runFairlead(['check'], directory);
  assert.match(stdout, /^ok: /);
  assert.equal(stderr, "warning: zones/www.yaml:4:3: services.old: service 'old' has no endpoint at any site\n");
  assert.equal(code, 0);
});

test('a follower without a release beside it is sound: the writer has it', async (context) => {
  const machine = (soundConfig['fairlead.yaml'] ?? '').replace('writer', "follower, from: ['http://127.0.0.1:8053']");
  const { code, stdout } = await runFairlead(['check'], directoryWith(context, { 'fairlead.yaml': machine }));
  assert.equal(stdout, 'ok: fra follows, its release comes from the writer\n');
  assert.equal(code, 0);
});

for (const [args, message] of [
  [['chekc'], /^fairlead: unknown command 'chekc', did you mean 'check'\?/],
  [['check', '--confg', 'x'], /^fairlead check: unknown option 'confg', did you mean 'config'\?/],
  [['check', 'x'], /^fairlead check: unexpected argument 'x'/],
  [['check', '-o', 'yaml'], /^fairlead check: got output 'yaml', expected json/],
  [[], /^Usage: fairlead COMMAND/],
] as const) {
  test(`wrong usage is exit code 2: fairlead ${args.join(' ')}`, async () => {
    const { code, stderr } = await runFairlead(args, '/');
    assert.match(stderr, message);
    assert.equal(code, 2);
  });
}

test('--help says how a command is called', async () => {
  const { code, stdout } = await runFairlead(['check', '--help'], '/');
  assert.match(stdout, /^Usage: fairlead check \[--config DIR\]/);
  assert.equal(code, 0);
});

test('a geo database that is damaged or missing is a problem, though a coordinator would start without it', async (context) => {
  const directory = directoryWith(context, {
    ...soundConfig,
    'fairlead.yaml': `${soundConfig['fairlead.yaml'] ?? ''}geo: { databases: [bad.mmdb, gone.mmdb] }\n`,
    'bad.mmdb': 'not a database',
  });
  const { code, stderr } = await runFairlead(['check'], directory);
  assert.equal(
    stderr,
    `fairlead.yaml: geo.databases: ${directory}/bad.mmdb: no metadata at octet 14: expected MaxMind.com in the last 131072 octets
fairlead.yaml: geo.databases: cannot read ${directory}/gone.mmdb: there is no such file
2 problems
`,
  );
  assert.equal(code, 1);
});
