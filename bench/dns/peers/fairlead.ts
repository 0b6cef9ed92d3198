/**
 * fairlead as a user runs it: a coordinator with a directory of config and one site; with one service of two endpoints
 * where `steered` is asked.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { backends, dynamicCases, luaLines } from '../dynamic.ts';
import type { DynamicPlace } from '../dynamic.ts';
import { zoneFileWith } from './peer.ts';
import type { Peer, Place } from './peer.ts';

/** The program of this checkout. */
export const ownProgram = fileURLToPath(new URL('../../../bin/fairlead.js', import.meta.url));

/** fairlead from a checkout's `bin/fairlead.js`. */
export function fairlead(program: string): Peer {
  return {
    name: 'fairlead',
    requirements: [],
    records: ['static', ...dynamicCases],
    version: () => packageVersion(program),
    prepare: (place) => {
      const { directory, zone, dynamic } = place;
      mkdirSync(join(directory, 'sites'));
      mkdirSync(join(directory, 'zones'));
      writeFileSync(
        join(directory, 'sites/here.yaml'),
        'site: here\nname: Here\nlocation: { latitude: 0, longitude: 0 }\n',
      );
      if (dynamic?.cases.includes('steered') === true) writeService(directory, dynamic);
      writeMachineFile(place, `, threads: ${place.threads}`);
      // Asked before the zone is there, so that a large one is not checked for it.
      if (!takesThreads(program, directory)) writeMachineFile(place, '');
      const file = zoneFileWith(place, dynamic === undefined ? '' : luaLines(dynamic));
      symlinkSync(file, join(directory, 'zones', `${zone}.zone`));
      return { program: process.execPath, args: [program, 'coordinator'] };
    },
  };
}

/** Two sites that are up, of which the policy takes one. */
function writeService(directory: string, { backendPort }: DynamicPlace): void {
  const sites = ['east', 'west'];
  for (const [index, site] of sites.entries()) {
    const endpoint = `endpoints: { www: [{ address: ${backends[index] ?? ''}, port: ${backendPort} }] }`;
    const place = `location: { latitude: ${10 * index}, longitude: 0 }`;
    writeFileSync(join(directory, `sites/${site}.yaml`), `site: ${site}\nname: ${site}\n${place}\n${endpoint}\n`);
  }
  writeFileSync(
    join(directory, 'zones/services.yaml'),
    'services:\n  www:\n    check: { type: tcp }\n    policy: [up, weighted, { take: 1 }]\nreferences: []\n',
  );
}

function writeMachineFile({ directory, port, dynamic }: Place, more: string): void {
  const geo = dynamic?.cases.includes('geo') === true ? `geo: { databases: ['${dynamic.databaseFile}'] }\n` : '';
  writeFileSync(
    join(directory, 'fairlead.yaml'),
    `site: here
stateDirectory: var
dns: { listen: ['127.0.0.1:${port}']${more} }
api: { listen: '127.0.0.2:${port}' }
replication: { role: writer }
${geo}log: { level: warn }
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
