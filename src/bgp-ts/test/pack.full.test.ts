import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { ListeningPeer } from './listening-peer.ts';

const home = resolve(import.meta.dirname, '..');

/** The README's first js block. */
function readmeExample(): string {
  const match = /```js\n([\s\S]*?)```/.exec(readFileSync(join(home, 'README.md'), 'utf8'));
  assert.ok(match?.[1] !== undefined, 'README.md has a js block');
  return match[1];
}

/** Asks for a setting that needs koffi, which the folder has not got, and prints what the speaker says. */
const keyedProgram = `
  import { Speaker } from 'bgp-ts';
  const speaker = new Speaker({ onEvent: (event) => { if (event.kind === 'error') console.log(event.text); } });
  const numbers = { peerAsn: 65000, localAsn: 65001, routerId: '192.0.2.1' };
  speaker.addPeer({ name: 'keyed', address: '127.0.0.1', ...numbers, socket: { md5Key: 'key' } });
  await speaker.stop({ mode: 'silent' });
`;

void test('the README example runs from the packed tarball in an empty folder and announces to a peer', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bgp-ts-pack-'));
  await using peer = await ListeningPeer.start({ asn: 65000 });
  try {
    const run = (file: string, ...args: readonly string[]): string =>
      execFileSync(file, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    run(process.execPath, join(home, 'scripts/build.ts'), join(folder, 'dist'));
    run('npm', 'pack', '--silent', './dist');
    const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
    assert.ok(tarball !== undefined, 'npm pack made a tarball');
    writeFileSync(join(folder, 'package.json'), '{"type":"module","private":true}\n');
    run('npm', 'install', '--silent', '--offline', '--no-audit', '--no-fund', `./${tarball}`);
    const installed = readdirSync(join(folder, 'node_modules/bgp-ts'));
    assert.ok(installed.includes('LICENSE') && installed.includes('README.md') && installed.includes('index.d.ts'));
    writeFileSync(join(folder, 'example.js'), readmeExample());
    writeFileSync(
      join(folder, 'types.ts'),
      "import { Speaker } from 'bgp-ts';\nvoid new Speaker({ onEvent: String });\n",
    );
    const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');
    const strict = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2024'];
    run(process.execPath, compiler, ...strict, 'types.ts');

    // npm may have had the optional dependency in its cache; from here on nothing has it.
    rmSync(join(folder, 'node_modules/koffi'), { recursive: true, force: true });
    writeFileSync(join(folder, 'keyed.js'), keyedProgram);
    const refusal = /^BGP session with keyed cannot run: md5Key cannot be set without koffi: koffi does not load: /;
    assert.match(run(process.execPath, 'keyed.js'), refusal);

    const example = spawn(process.execPath, ['example.js', '127.0.0.1', String(peer.port)], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const ended = new Promise<number | null>((settle) => example.on('exit', settle));
    try {
      const update = await peer.message('an UPDATE with the prefix', (message) => {
        return message.kind === 'update' && message.announced.length > 0;
      });
      assert.deepEqual(update.kind === 'update' ? update.announced : [], ['198.51.100.53/32']);
      example.kill('SIGINT');
      const cease = await peer.message('a NOTIFICATION', (message) => message.kind === 'notification');
      assert.deepEqual(cease, {
        kind: 'notification',
        code: 6,
        subcode: 2,
        data: Uint8Array.from([11, ...new TextEncoder().encode('maintenance')]),
      });
      assert.equal(await ended, 0, 'the example ends by itself');
    } finally {
      example.kill('SIGKILL');
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
