/** A thread that opens geo databases, so that nobody waits for a large one: see geo-files.ts. It does one thing, and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '#base/assert.ts';
import { createAtlas, findingsOf } from '#geo/atlas.ts';
import type { GeoFinding } from '#geo/atlas.ts';
import { openMmdb } from '#geo/mmdb.ts';
import type { GeoWork } from './geo-files.ts';

const work = workerData as GeoWork; // geo-files.ts starts this file with nothing else
parentPort?.postMessage(work.kind === 'verify' ? faultOf(work) : findings(work));

/** Why a file is refused; undefined where it is sound. */
function faultOf({ file: { file, bytes } }: Extract<GeoWork, { kind: 'verify' }>): string | undefined {
  const opened = openMmdb(bytes, file);
  return opened.ok ? undefined : opened.fault;
}

/** What is known of an address. */
function findings({ files, nets, address }: Extract<GeoWork, { kind: 'find' }>): readonly GeoFinding[] {
  const databases = files.map(({ file, bytes }) => {
    const opened = openMmdb(bytes, file);
    assert(opened.ok, `${file} was found sound before`);
    return opened.value;
  });
  const atlas = createAtlas(databases, nets);
  assert(atlas.ok, 'the nets of a release are sound');
  return findingsOf(atlas.value, address);
}
