/** Real BIND and Knot DNS with our secret: each takes the others' cookies, as servers of one anycast name must. */
import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test from 'node:test';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { present } from '#base/assert.ts';
import { CookieJar } from '#dns/answer/cookies.ts';
import { freePort } from '../../src/bgp-ts/test/free-port.ts';

const run = promisify(execFile);
const secret = 'e5e973e5a6b2a43f48e7dc849e37bfcf';
const clientCookie = '2464c4abcf10c957';
const jar = new CookieJar([Uint8Array.from(Buffer.from(secret, 'hex'))]);
const zone = '$TTL 300\n@ SOA ns1 hostmaster 1 3600 600 86400 60\n@ NS ns1\nns1 A 127.0.0.1\n';

/** A server as a peer: its configuration, how it starts, and the line by which it says that it answers. */
interface Peer {
  readonly program: string;
  readonly debianPackage: string;
  readonly config: (directory: string, port: number) => string;
  readonly args: (config: string) => readonly string[];
  readonly ready: RegExp;
}

const peers: readonly Peer[] = [
  {
    program: 'named',
    debianPackage: 'bind9',
    config: (directory, port) => `
      options {
        directory "${directory}"; pid-file none; session-keyfile none; recursion no;
        listen-on port ${port} { 127.0.0.1; }; listen-on-v6 port ${port} { ::1; };
        answer-cookie yes; require-server-cookie yes; cookie-algorithm siphash24; cookie-secret "${secret}";
      };
      controls {};
      zone "example.com" { type primary; file "${directory}/zone"; };`,
    args: (config) => ['-g', '-n', '1', '-c', config],
    ready: / running$/,
  },
  {
    program: 'knotd',
    debianPackage: 'knot',
    config: (directory, port) => `
server:
  rundir: ${directory}
  listen: [127.0.0.1@${port}, ::1@${port}]
database:
  storage: ${directory}
mod-cookies:
  - id: cookies
    secret: 0x${secret}
    badcookie-slip: 1
template:
  - id: default
    global-module: mod-cookies/cookies
zone:
  - domain: example.com
    file: ${directory}/zone
`,
    args: (config) => ['-c', config],
    ready: /server started/,
  },
];

/** Starts the peer for one test and returns its port once it answers. */
async function start(context: TestContext, peer: Peer): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'fairlead-cookies-'));
  const port = await freePort();
  const config = join(directory, 'config');
  writeFileSync(join(directory, 'zone'), zone);
  writeFileSync(config, peer.config(directory, port));
  const child = spawn(peer.program, peer.args(config), { stdio: ['ignore', 'pipe', 'pipe'] });
  context.after(async () => {
    if (child.exitCode === null && child.kill()) await once(child, 'exit');
    rmSync(directory, { recursive: true });
  });
  const said: string[] = [];
  await new Promise<void>((resolve, reject) => {
    for (const input of [child.stdout, child.stderr]) {
      createInterface({ input }).on('line', (line) => {
        said.push(line);
        if (peer.ready.test(line)) resolve();
      });
    }
    child.once('error', reject);
    child.once('exit', () => {
      reject(new Error(`${peer.program} ended:\n${said.join('\n')}`));
    });
  });
  return port;
}

/** Asks once with a cookie; returns the response code and the cookie of the reply. */
async function ask(server: string, port: number, cookie: string): Promise<{ status: string; cookie: string }> {
  const options = ['+norec', '+tries=1', '+time=5', '+nobadcookie', `+cookie=${cookie}`];
  const { stdout } = await run('dig', [`@${server}`, '-p', String(port), ...options, 'example.com', 'SOA']);
  const status = present(/status: (\w+)/.exec(stdout)?.[1], 'a status');
  return { status, cookie: present(/COOKIE: ([0-9a-f]+)/.exec(stdout)?.[1], 'a cookie in the reply') };
}

const clients: readonly (readonly [string, Uint8Array])[] = [
  ['127.0.0.1', Uint8Array.of(127, 0, 0, 1)],
  ['::1', Uint8Array.from({ length: 16 }, (_, index) => (index === 15 ? 1 : 0))],
];

for (const peer of peers) {
  const needs = `apt-get install -y ${peer.debianPackage} bind9-dnsutils`;
  const isMissing = [peer.program, 'dig'].some((program) => spawnSync(program, ['-V']).error !== undefined);
  if (isMissing && process.env['CI'] === 'true') throw new Error(`${peer.program} or dig is missing: ${needs}`);
  const skip = isMissing ? `${peer.program} or dig is missing: ${needs}` : false;
  test(`${peer.program} and we take each other's cookies`, { skip, timeout: 60_000 }, async (context) => {
    const port = await start(context, peer);
    for (const [address, octets] of clients) {
      const first = await ask(address, port, clientCookie);
      assert.equal(first.status, 'BADCOOKIE');
      const theirs = Buffer.from(first.cookie, 'hex');
      const unixSeconds = Math.floor(Date.now() / 1000);
      assert.equal(jar.judge(theirs, 0, theirs.length, octets, unixSeconds), 'valid', `their cookie for ${address}`);

      const ours = new Uint8Array(24);
      jar.write(theirs, 0, octets, unixSeconds, ours, 0);
      const ourHex = Buffer.from(ours).toString('hex');
      assert.equal((await ask(address, port, ourHex)).status, 'NOERROR', `our cookie for ${address}`);
      ours[23] = (ours[23] ?? 0) ^ 1;
      assert.equal((await ask(address, port, Buffer.from(ours).toString('hex'))).status, 'BADCOOKIE');
    }
  });
}
