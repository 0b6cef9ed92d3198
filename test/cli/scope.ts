/** What a test or a suite owns: directories and loopback addresses of its own, gone or free again after it. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';

/** Where cleaning up is left: a test's context, or `fileScope()`. */
export interface Scope {
  after(clean: () => unknown): void;
}

/**
 * The scope of the whole test file: asked for at its top, used anywhere in it. `after` of node:test would clean up at
 * the end of the test that calls it.
 */
export function fileScope(): Scope {
  const cleanings: (() => unknown)[] = [];
  after(async () => {
    for (const clean of cleanings.reverse()) await clean();
  });
  return { after: (clean) => void cleanings.push(clean) };
}

/** Files by path. */
export type Files = Readonly<Record<string, string>>;

let count = 0;

/** A loopback address that no other test uses: every port of it is free. */
export function loopbackAddress(): string {
  count++;
  return `127.${100 + (process.pid % 100)}.${Math.floor(process.pid / 100) % 250}.${count}`;
}

/** Writes files into a directory, over those that are there. */
export function writeFiles(directory: string, files: Files): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
}

/** A new directory with these files. */
export function directoryWith(scope: Scope, files: Files): string {
  const directory = mkdtempSync(join(tmpdir(), 'fairlead-cli-'));
  scope.after(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  writeFiles(directory, files);
  return directory;
}

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The repo's own example in a new directory, on addresses of its own and with quicker checks. */
export function copyOfExample(scope: Scope): { readonly directory: string; readonly sites: Readonly<Sites> } {
  const directory = directoryWith(scope, {});
  const sites = { fra: loopbackAddress(), iad: loopbackAddress() };
  for (const path of ['fairlead.yaml', 'sites', 'zones']) {
    cpSync(join(root, path), join(directory, path), { recursive: true });
  }
  const paths = ['fairlead.yaml', 'sites/fra.yaml', 'sites/iad.yaml', 'zones/services.yaml', 'zones/example.com.zone'];
  for (const path of paths) {
    const text = readFileSync(join(directory, path), 'utf8');
    const moved = text
      .replaceAll('127.0.0.1:', `${sites.fra}:`)
      .replaceAll('interval: 1s', 'interval: 200ms')
      .replaceAll('127.0.1.10', sites.fra)
      .replaceAll('127.0.2.10', sites.iad);
    writeFileSync(join(directory, path), moved);
  }
  return { directory, sites };
}

/** The addresses of the two sites of a test. */
export interface Sites {
  readonly fra: string;
  readonly iad: string;
}
