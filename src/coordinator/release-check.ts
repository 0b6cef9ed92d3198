/**
 * What keeps a release from being put in force here: problems of its files, and zones that it would take away unasked.
 *
 * Zones are read apart from this thread (zone-thread.ts).
 */
import { formatProblem, fileProblem } from '#config/problem.ts';
import type { Problem } from '#config/problem.ts';
import { decodeRelease } from '#config/release-files.ts';
import type { ReleaseFiles } from '#config/release-files.ts';
import { compileRelease } from '#config/release.ts';
import { readZonesApart } from './zone-thread.ts';

/** Every problem of a release's files for the coordinator of `site`. */
export async function checkRelease(files: ReleaseFiles, site: string): Promise<readonly Problem[]> {
  const { readings } = await readZonesApart(files);
  const checked = compileRelease(files, { site, zones: readings });
  return checked.ok ? [] : checked.fault;
}

/** The same for a stored release, one line for each problem. */
export async function checkStoredRelease(bytes: Uint8Array, site: string): Promise<readonly string[]> {
  const files = decodeRelease(bytes);
  return files.ok ? (await checkRelease(files.value, site)).map(formatProblem) : [files.fault];
}

/**
 * The zones that are served now and would not be any more: a file that is gone by mistake must not take its zone with it.
 * A stored release that cannot be read takes nothing away.
 */
export async function removedZones(current: Uint8Array, next: ReleaseFiles): Promise<readonly Problem[]> {
  const files = decodeRelease(current);
  if (!files.ok) return [];
  const [before, after] = await Promise.all([originsOf(files.value), originsOf(next)]);
  const remaining = new Set(after.values());
  return [...before]
    .filter(([, origin]) => !remaining.has(origin))
    .map(([file, origin]) => {
      const message = `zone '${origin}' is served and would be gone: expected it, or 'fairlead apply --allow-removal'`;
      return fileProblem(file, message);
    });
}

/** The names of a release's zones by file. */
async function originsOf(files: ReleaseFiles): Promise<ReadonlyMap<string, string>> {
  const { readings } = await readZonesApart(files);
  const origins = [...readings].map(([file, { facts }]) => [file, facts?.origin ?? ''] as const);
  return new Map(origins.filter(([, origin]) => origin !== ''));
}
