import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test from 'node:test';
import type { TestContext } from 'node:test';
import { pino } from 'pino';
import { present } from '#base/assert.ts';
import { createPrng } from '#base/prng.ts';
import { parseMachine } from '#config/machine.ts';
import { formatProblem } from '#config/problem.ts';
import { encodeRelease, releaseFiles } from '#config/release-files.ts';
import { openEmbeddedStore } from '#replication/embedded/sqlite-store.ts';
import { formatHeadId } from '#replication/head.ts';
import { GeoFiles } from './geo-files.ts';
import { Releases } from './releases.ts';

const machineText = `site: fra
stateDirectory: .
dns: { listen: ['127.0.0.1:5300'] }
api: { listen: '127.0.0.1:8053' }
replication: { role: writer }
`;

function filesWith(record: string): Readonly<Record<string, string>> {
  return {
    'sites/fra.yaml': `site: fra
name: Frankfurt
location: { latitude: 50.1, longitude: 8.6 }
endpoints: { www: [{ address: 192.0.2.10, port: 80 }] }
`,
    'zones/services.yaml': 'services: { www: { check: { type: tcp } } }\n',
    'zones/example.com.zone': `$TTL 300
@   IN SOA ns1 hostmaster 1 3600 600 1209600 60
@   IN NS  ns1
@   IN NS  ns2
ns1 IN A   192.0.2.53
ns2 IN A   198.51.100.53
${record}
`,
  };
}

/** Opens a writer's releases in a folder whose zone has this record. */
function openIn(folder: string, record: string, lines: PassThrough): ReturnType<typeof Releases.open> {
  for (const [path, text] of Object.entries(filesWith(record))) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const machine = parseMachine(folder, machineText);
  assert.ok(machine.ok);
  const log = pino(lines);
  return Releases.open({ machine: machine.value, log, geo: new GeoFiles([], log), prng: createPrng(1) });
}

/** A writer's releases in a folder of their own, and what they log. */
async function openWriter(context: TestContext): Promise<{ readonly releases: Releases; readonly lines: PassThrough }> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-releases-'));
  const lines = new PassThrough({ encoding: 'utf8' });
  const opened = await openIn(folder, 'one IN A 192.0.2.1', lines);
  assert.ok(opened.ok, opened.ok ? '' : opened.fault);
  context.after(async () => {
    await opened.value.close();
    rmSync(folder, { recursive: true });
  });
  return { releases: opened.value, lines };
}

test('a first start with faulty files says why, and nothing of them stays in the store', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-releases-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const refused = await openIn(folder, 'one IN A 192.0.2.300', new PassThrough());
  assert.match(refused.ok ? '' : refused.fault, /zones\/example\.com\.zone:7:\d+: .*192\.0\.2\.300/);
  const store = new DatabaseSync(join(folder, 'store.db'));
  assert.equal(store.prepare('SELECT count(*) AS objects FROM objects').get()?.['objects'], 0);
  store.close();
});

test('a release that a version before accepted, and this one would not, is the one in force after an upgrade', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-releases-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const before = await openIn(folder, 'one IN A 192.0.2.1', new PassThrough());
  assert.ok(before.ok, before.ok ? '' : before.fault);
  const refusable = {
    ...filesWith('one IN A 192.0.2.1'),
    'zones/services.yaml':
      'services: { www: { check: { type: tcp } } }\nreferences: [{ type: tcp, address: 192.0.2.10, port: 80 }]\n',
  };
  const asked = { files: refusable, who: 'ann', reason: 'test', allowRemoval: false };
  const applied = await before.value.apply(asked);
  assert.match(applied.ok ? 'accepted' : String(applied.fault.problems), /'192\.0\.2\.10' belongs to site 'fra'/);
  await before.value.close();

  const store = openEmbeddedStore(folder);
  const current = present(await store.head(), 'the first head');
  const release = await store.putObject(encodeRelease(releaseFiles(Object.entries(refusable))));
  const next = { ...current, sequence: current.sequence + 1, release };
  assert.ok((await store.advance(current, next)).ok);
  await store.close();

  const after = await openIn(folder, 'one IN A 192.0.2.1', new PassThrough());
  assert.ok(after.ok, after.ok ? '' : after.fault);
  const first = present(await after.value.first(), 'a release');
  assert.equal(formatHeadId(first.head), '1.2');
  assert.match(
    first.generation.release.warnings.map(formatProblem).join('\n'),
    /belongs to site 'fra'.*accepted before/,
  );
  await after.value.close();
});

test('a release that fails when it is put in force does not end the following of later ones', async (context) => {
  const { releases, lines } = await openWriter(context);
  const first = present(await releases.first(), 'the release of the directory');
  const told: string[] = [];
  const third = Promise.withResolvers<undefined>();
  releases.follow(first, ({ head }) => {
    told.push(formatHeadId(head));
    if (head.sequence === 2) throw new Error('no room for it');
    third.resolve(undefined);
  });
  const apply = async (record: string): Promise<void> => {
    const applied = await releases.apply({ files: filesWith(record), who: 'ann', reason: record, allowRemoval: false });
    assert.ok(applied.ok);
  };
  await apply('two IN A 192.0.2.2');
  assert.match(String(await once(lines, 'data')), /cannot be put in force.*no room for it/);
  await apply('three IN A 192.0.2.3');
  await third.promise;
  assert.deepEqual(told, ['1.2', '1.3']);
});
