/**
 * A release as files: `sites/*.yaml`, `zones/*.yaml`, `zones/*.zone` and what those include, `zones/*.inc`, as texts by relative path, and the one byte
 * string that stands for them. Equal files give equal bytes, so the sha256 of the bytes names the release.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Result } from '#base/result.ts';
import { refuse, succeed } from '#base/result.ts';
import { fileProblem } from './problem.ts';
import type { Problem } from './problem.ts';
import { reasonOf } from './secret.ts';

/** The texts of a release by relative path, such as `sites/fra.yaml`, sorted by path. */
export type ReleaseFiles = ReadonlyMap<string, string>;

/** The directories of a release and the endings of the files that belong to it. */
const folders = [
  { folder: 'sites', endings: ['.yaml'] },
  { folder: 'zones', endings: ['.yaml', '.zone', '.inc'] },
] as const;

/** Reads the release that lies in `directory`. Other files there are left alone; a `.yml` is refused, as it is meant. */
export function readReleaseFiles(directory: string): Result<ReleaseFiles, readonly Problem[]> {
  const problems: Problem[] = [];
  const files: [string, string][] = [];
  for (const { folder, endings } of folders) {
    const names = listNames(join(directory, folder));
    if (!names.ok) {
      problems.push(fileProblem(`${folder}/`, `cannot read ${join(directory, folder)}: ${names.fault}`));
      continue;
    }
    for (const name of names.value) {
      const path = `${folder}/${name}`;
      if (name.startsWith('.')) continue;
      if (name.endsWith('.yml')) problems.push(fileProblem(path, "expected a name that ends in '.yaml'"));
      if (!endings.some((ending) => name.endsWith(ending))) continue;
      const text = readText(join(directory, path));
      if (text.ok) files.push([path, text.value]);
      else problems.push(fileProblem(path, text.fault));
    }
  }
  return problems.length > 0 ? refuse(problems) : succeed(releaseFiles(files));
}

/** Builds a release's files from paths and texts, in the order that all coordinators agree on. */
export function releaseFiles(entries: Iterable<readonly [string, string]>): ReleaseFiles {
  return new Map([...entries].sort(([a], [b]) => (a < b ? -1 : Number(a > b))));
}

/** Problems of paths that no release can hold: outside its directories, nested, or of another ending. */
export function pathProblems(paths: Iterable<string>): readonly Problem[] {
  return [...paths]
    .filter((path) => !isReleasePath(path))
    .map((path) =>
      fileProblem(
        path,
        `got the path '${path}', expected sites/NAME.yaml, zones/NAME.yaml, zones/NAME.zone or zones/NAME.inc`,
      ),
    );
}

const bundleSchema = z.strictObject({
  format: z.literal('fairlead-release-1'),
  files: z.record(z.string(), z.string()),
});

/** The bytes that stand for a release: JSON with sorted paths, in UTF-8. */
export function encodeRelease(files: ReleaseFiles): Uint8Array {
  const bundle = { format: 'fairlead-release-1', files: Object.fromEntries(releaseFiles(files)) };
  return new TextEncoder().encode(JSON.stringify(bundle));
}

/** Reads what `encodeRelease` wrote. Refuses anything else, as another encoding of the same files has another digest. */
export function decodeRelease(bytes: Uint8Array): Result<ReleaseFiles, string> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    return refuse(`the object is no release: ${error instanceof Error ? error.message : String(error)}`);
  }
  const bundle = bundleSchema.safeParse(value);
  if (!bundle.success)
    return refuse("the object is no release, expected JSON with format 'fairlead-release-1' and files");
  const files = releaseFiles(Object.entries(bundle.data.files));
  const [problem] = pathProblems(files.keys());
  if (problem !== undefined) return refuse(problem.message);
  if (Buffer.compare(encodeRelease(files), bytes) !== 0) return refuse('the release is not in its canonical encoding');
  releaseDigest(files, bytes);
  return succeed(files);
}

/** The digests of files, which never change: encoding a large zone again for its name alone takes long. */
const digests = new WeakMap<ReleaseFiles, string>();

/** The name of a release: the sha256 of its bytes, as 64 lower-case hexadecimal digits. */
export function releaseDigest(files: ReleaseFiles, bytes?: Uint8Array): string {
  const known = digests.get(files);
  if (known !== undefined) return known;
  const digest = createHash('sha256')
    .update(bytes ?? encodeRelease(files))
    .digest('hex');
  digests.set(files, digest);
  return digest;
}

/** Whether a file at this path belongs to a release. */
export function isReleasePath(path: string): boolean {
  return folders.some(({ folder, endings }) => {
    const name = path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : '';
    return /^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(name) && endings.some((ending) => name.endsWith(ending));
  });
}

/** The path of a file that a zone includes by `name`; undefined for a name that no release can hold. */
export function includePath(name: string): string | undefined {
  const path = `zones/${name}`;
  return path.endsWith('.inc') && isReleasePath(path) ? path : undefined;
}

function listNames(directory: string): Result<readonly string[], string> {
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    return succeed(entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name));
  } catch (error) {
    return refuse(reasonOf(error));
  }
}

function readText(path: string): Result<string, string> {
  try {
    return succeed(new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path)));
  } catch (error) {
    return refuse(error instanceof TypeError ? 'the file is not UTF-8' : `cannot read it: ${reasonOf(error)}`);
  }
}
