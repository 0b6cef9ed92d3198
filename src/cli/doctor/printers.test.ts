/** What the doctor prints is taken by the daemons themselves: BIRD 2, FRR and GoBGP parse it; Junos and EOS by their lines. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import type { TestContext } from 'node:test';
import { aristaConfig } from './arista.ts';
import { birdConfig } from './bird.ts';
import { soundStatus } from './doctor.fixture.ts';
import { routerFacts } from './facts.ts';
import { frrConfig } from './frr.ts';
import { gobgpConfig } from './gobgp.ts';
import { junosConfig } from './junos.ts';

const all = routerFacts(soundStatus(), undefined);
const isCi = process.env['CI'] === 'true';

/** Why a daemon's test cannot run here; under CI nothing is skipped, so it fails instead. */
function missing(path: string, packageName: string): string | false {
  return isCi || existsSync(path) ? false : `${path} is missing: apt-get install -y ${packageName}`;
}

function fileWith(context: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-doctor-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'router.conf');
  writeFileSync(path, text);
  return path;
}

/** Runs a daemon's check; resolves with its exit code and all that it wrote. */
function run(file: string, args: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve) => {
    execFile(file, args, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, output: stdout + stderr });
    });
  });
}

test('BIRD 2 takes what is printed for it', { skip: missing('/usr/sbin/bird', 'bird2') }, async (context) => {
  const config = `router id 192.0.2.1;\nprotocol device {}\n${all.map(birdConfig).join('\n')}`;
  const { code, output } = await run('/usr/sbin/bird', ['-p', '-c', fileWith(context, config)]);
  assert.equal(code, 0, `${output}\n${config}`);
});

test('BIRD 2 refuses it when a word of it is wrong', { skip: missing('/usr/sbin/bird', 'bird2') }, async (context) => {
  const config = all.map(birdConfig).join('\n').replace('local role', 'local rule');
  const { code } = await run('/usr/sbin/bird', ['-p', '-c', fileWith(context, config)]);
  assert.notEqual(code, 0);
});

test('FRR takes what is printed for it', { skip: missing('/usr/bin/vtysh', 'frr') }, async (context) => {
  const config = all.map(frrConfig).join('\n');
  const { code, output } = await run('/usr/bin/vtysh', ['-C', '-f', fileWith(context, config)]);
  assert.equal(code, 0, `${output}\n${config}`);
  assert.doesNotMatch(output, /Unknown command|% /, output);
});

test('FRR refuses it when a word of it is wrong', { skip: missing('/usr/bin/vtysh', 'frr') }, async (context) => {
  const config = all.map(frrConfig).join('\n').replace('local-role', 'local-rule');
  const { code, output } = await run('/usr/bin/vtysh', ['-C', '-f', fileWith(context, config)]);
  assert.ok(code !== 0 || output.includes('Unknown command'), output);
});

test('GoBGP takes what is printed for it', { skip: missing('/usr/bin/gobgpd', 'gobgpd') }, async (context) => {
  const config = gobgpConfig(all);
  const { code, output } = await run('/usr/bin/gobgpd', ['-d', '-t', 'toml', '-f', fileWith(context, config)]);
  assert.equal(code, 0, `${output}\n${config}`);
  assert.doesNotMatch(output, /error|fatal/i, `${output}\n${config}`);
});

test('GoBGP refuses it when a key of it is wrong', { skip: missing('/usr/bin/gobgpd', 'gobgpd') }, async (context) => {
  const config = gobgpConfig(all).replace('hold-time = 9', 'hold-time = nine');
  const { code, output } = await run('/usr/bin/gobgpd', ['-d', '-t', 'toml', '-f', fileWith(context, config)]);
  assert.ok(code !== 0 || /error|fatal/i.test(output), output);
});

test('each kind of router filters exactly our prefixes, limits them, and gives 65535:0 the lowest preference', () => {
  const [first] = all;
  assert.ok(first !== undefined);
  const rows: [string, readonly RegExp[]][] = [
    [
      birdConfig(first),
      [/net !~ \[ 203\.0\.113\.0\/24, 198\.51\.100\.0\/24 \]/, /import limit 12/, /bgp_local_pref = 0/],
    ],
    [frrConfig(first), [/seq 5 permit 203\.0\.113\.0\/24$/m, /maximum-prefix 12/]],
    [gobgpConfig(all), [/ip-prefix = "203\.0\.113\.0\/24"/, /max-prefixes = 12/, /set-local-pref = 0/]],
    [junosConfig(first), [/203\.0\.113\.0\/24 exact/, /maximum 12/, /term drain then local-preference 0/]],
    [aristaConfig(first), [/seq 10 permit 203\.0\.113\.0\/24/, /maximum-routes 12/, /set local-preference 0/]],
  ];
  for (const [config, patterns] of rows) for (const pattern of patterns) assert.match(config, pattern);
});

test('each kind of router has the session as both sides need it', () => {
  const [first] = all;
  assert.ok(first !== undefined);
  const rows: [string, readonly RegExp[]][] = [
    [
      birdConfig(first),
      [
        /neighbor 10\.66\.1\.53 as 65010/,
        /ttl security on/,
        /password "CHANGE-ME"/,
        /bfd graceful/,
        /local role provider/,
      ],
    ],
    [
      frrConfig(first),
      [
        /10\.66\.1\.53 remote-as 65010/,
        /ttl-security hops 1/,
        /password CHANGE-ME/,
        / bfd$/m,
        / bfd check-control-plane-failure$/m,
        /local-role provider strict-mode/,
      ],
    ],
    [
      junosConfig(first),
      [
        /neighbor 10\.66\.1\.53 peer-as 65010/,
        /ttl-except 255-255/,
        /authentication-key CHANGE-ME/,
        /minimum-interval 500/,
      ],
    ],
    [
      aristaConfig(first),
      [
        /10\.66\.1\.53 remote-as 65010/,
        /ttl maximum-hops 1/,
        /password CHANGE-ME/,
        /interval 500 min-rx 500 multiplier 4/,
      ],
    ],
  ];
  for (const [config, patterns] of rows) for (const pattern of patterns) assert.match(config, pattern);
});

test('the static floor leads to the site, and is left out where our own end forwards', () => {
  const [first] = all;
  assert.ok(first !== undefined);
  for (const print of [birdConfig, frrConfig, junosConfig, aristaConfig]) {
    const config = print(first);
    assert.match(config, /203\.0\.113\.0\/24 (via |next-hop )?10\.66\.1\.100/);
    assert.doesNotMatch(config, /route 198\.51\.100\.0\/24/);
  }
});

test('a neighbor within our own AS, and one that may hear one prefix only, are printed so', () => {
  const inside = all[2];
  assert.ok(inside !== undefined);
  assert.match(junosConfig(inside), /type internal/);
  const config = birdConfig(inside);
  assert.match(config, /net !~ \[ 203\.0\.113\.0\/24 \]/);
  assert.doesNotMatch(config, /2001:db8/);
});

test('an address of ours that is not known is marked for a person to fill in', () => {
  const status = soundStatus();
  const unknown = { ...status, speakers: status.speakers.map((speaker) => ({ ...speaker, neighbors: [] })) };
  const [first] = routerFacts(unknown, 'fra-rt1');
  assert.ok(first !== undefined);
  assert.match(birdConfig(first), /# 10\.66\.1\.53 is the router id of our end: put its address here/);
});
