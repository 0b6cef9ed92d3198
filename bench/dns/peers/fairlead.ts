/** fairlead as a user runs it: a coordinator with a directory of config, one site and no services. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Peer, Place } from './peer.ts';

/** The program of this checkout. */
export const ownProgram = fileURLToPath(new URL('../../../bin/fairlead.js', import.meta.url));

/** fairlead from a checkout's `bin/fairlead.js`. */
export function fairlead(program: string): Peer {
  return {
    name: 'fairlead',
    requirements: [],
    version: () => packageVersion(program),
    prepare: (place) => {
      const { directory, zone, zoneFile } = place;
      mkdirSync(join(directory, 'sites'));
      mkdirSync(join(directory, 'zones'));
      writeFileSync(
        join(directory, 'sites/here.yaml'),
        'site: here\nname: Here\nlocation: { latitude: 0, longitude: 0 }\n',
      );
      writeMachineFile(place, `, threads: ${place.threads}`);
      // Asked before the zone is there, so that a large one is not checked for it.
      if (!takesThreads(program, directory)) writeMachineFile(place, '');
      symlinkSync(zoneFile, join(directory, 'zones', `${zone}.zone`));
      return { program: process.execPath, args: [program, 'coordinator'] };
    },
  };
}

function writeMachineFile({ directory, port }: Place, more: string): void {
  writeFileSync(
    join(directory, 'fairlead.yaml'),
    `site: here
stateDirectory: var
dns: { listen: ['127.0.0.1:${port}']${more} }
api: { listen: '127.0.0.2:${port}' }
replication: { role: writer }
log: { level: warn }
`,
  );
}

/** Whether this version knows the number of UDP workers; an older one says that the key is unknown. */
function takesThreads(program: string, directory: string): boolean {
  const { stdout, stderr } = spawnSync(process.execPath, [program, 'check'], { cwd: directory, encoding: 'utf8' });
  return !(stdout + stderr).includes("unknown key 'threads'");
}

/** The version in the package that a `bin/fairlead.js` belongs to. */
function packageVersion(program: string): string {
  const text = readFileSync(join(dirname(program), '../package.json'), 'utf8');
  return /"version":\s*"([^"]+)"/.exec(text)?.[1] ?? 'of unknown version';
}
