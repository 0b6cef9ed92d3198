/** Runs `fairlead` as a process, for tests of what it prints and returns. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

/** What a finished process left. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const program = fileURLToPath(new URL('../../bin/fairlead.js', import.meta.url));

/** Runs `fairlead ARGS…` in a directory until it ends. */
export async function runFairlead(args: readonly string[], cwd: string): Promise<Finished> {
  const child = spawn(process.execPath, [program, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', resolve);
  });
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}

/** A directory with these files, gone after the test. */
export function directoryWith(context: TestContext, files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'fairlead-cli-'));
  context.after(() => rmSync(directory, { recursive: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
  return directory;
}

/** The files of a small sound config. */
export const soundConfig: Readonly<Record<string, string>> = {
  'fairlead.yaml': `site: fra
stateDirectory: var
dns: { listen: ['127.0.0.1:5300'] }
api: { listen: '127.0.0.1:8053' }
replication: { role: writer }
`,
  'sites/fra.yaml': `site: fra
name: Frankfurt
location: { latitude: 50.1, longitude: 8.6 }
endpoints:
  www:
    - { address: 192.0.2.1, port: 80 }
`,
  'zones/www.yaml': 'services:\n  www:\n    check: { type: tcp }\n',
  'zones/example.com.zone': `$TTL 300
@ IN SOA ns1 hostmaster 1 3600 600 1209600 60
@ IN NS ns1
@ IN NS ns2
ns1 IN A 192.0.2.53
ns2 IN A 198.51.100.53
www 30 IN LUA A "ifportup(80, {'192.0.2.1'})"
`,
};
