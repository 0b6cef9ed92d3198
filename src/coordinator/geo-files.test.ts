import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import type { TestContext } from 'node:test';
import { pino } from 'pino';
import type { IpPrefix } from '#base/ip.ts';
import { openMmdb } from '#geo/mmdb.ts';
import { buildMmdb } from '#geo/mmdb.fixture.ts';
import { GeoFiles } from './geo-files.ts';

const log = pino({ level: 'silent' });

function directory(context: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'fairlead-geo-'));
  context.after(() => rmSync(path, { recursive: true }));
  return path;
}

/** Replaces a file as tools that update databases do. */
function replace(path: string, bytes: Uint8Array): void {
  writeFileSync(`${path}.new`, bytes);
  renameSync(`${path}.new`, path);
}

function databaseOf(country: string): Uint8Array {
  return buildMmdb({ networks: [['192.0.2.0/24' as IpPrefix, { country_code: country }]] });
}

test('without files the database that comes with fairlead is used', async () => {
  const geo = new GeoFiles([], log);
  assert.equal(await geo.look(), false);
  const [file, ...more] = geo.files;
  assert.deepEqual(more, []);
  assert.ok(file !== undefined && openMmdb(file.bytes, file.file).ok);
});

test('a new file is taken in without a restart, and one that is damaged changes nothing', async (context) => {
  const path = join(directory(context), 'country.mmdb');
  replace(path, databaseOf('DE'));
  const geo = new GeoFiles([path, `${path}.missing`], log);
  const bytes = (): Buffer => Buffer.from(geo.files[0]?.bytes ?? []);
  assert.equal(await geo.look(), true);
  assert.equal(geo.files.length, 1, 'a file that is not there is left out');
  assert.deepEqual(bytes(), Buffer.from(databaseOf('DE')));
  assert.equal(await geo.look(), false, 'nothing has changed');
  replace(path, databaseOf('FR'));
  assert.equal(await geo.look(), true);
  replace(path, databaseOf('US').subarray(0, 40));
  assert.equal(await geo.look(), false);
  assert.deepEqual(bytes(), Buffer.from(databaseOf('FR')));
  replace(path, databaseOf('JP'));
  assert.equal(await geo.look(), true);
  assert.deepEqual(bytes(), Buffer.from(databaseOf('JP')));
});
