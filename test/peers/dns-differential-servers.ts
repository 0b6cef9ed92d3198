/**
 * Real NSD, Knot and BIND, and fairlead as a process, each on a loopback address of its own with the same zones. All
 * give minimal responses; none limits rates.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeQuery } from '#dns/wire/message.ts';
import { parseName } from '#dns/wire/name.ts';
import { recordType } from '#dns/wire/constants.ts';
import { freePort } from '../../src/bgp-ts/test/free-port.ts';
import { startCoordinator } from '../cli/fairlead-process.ts';
import { directoryWith, loopbackAddress, writeFiles } from '../cli/scope.ts';
import type { Files, Scope } from '../cli/scope.ts';
import { waitFor } from '../lab/wait.ts';
import { createDnsClient } from './dns-differential-client.ts';
import type { DnsClient } from './dns-differential-client.ts';

const port = 5300;
const startLimitMs = 30_000;

/** A zone as all servers get it. */
export interface PeerZone {
  /** Without its last dot. */
  readonly apex: string;
  readonly text: string;
}

interface ListenPlace {
  readonly address: string;
  readonly port: number;
}

/** A running server. */
export interface PeerServer extends DnsClient {
  readonly name: PeerName | 'fairlead';
}

export type PeerName = 'nsd' | 'knot' | 'bind';
export const peerNames: readonly PeerName[] = ['nsd', 'knot', 'bind'];

const programs = { nsd: 'nsd', knot: 'knotd', bind: 'named' } as const;
const versionFlag = { nsd: '-v', knot: '-V', bind: '-v' } as const;
/** Debian keeps servers where only root looks. */
const environment = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` };
const packages = { nsd: 'nsd', knot: 'knot', bind: 'bind9' } as const;

/** What is missing for the tests with these servers; undefined when nothing is. In CI that is an error. */
export function missingPeers(names: readonly PeerName[]): string | undefined {
  const missing = names.filter(
    (name) => spawnSync(programs[name], [versionFlag[name]], { env: environment }).error !== undefined,
  );
  if (missing.length === 0) return undefined;
  const what = `${missing.map((name) => programs[name]).join(', ')} missing: apt-get install -y ${missing.map((name) => packages[name]).join(' ')}`;
  if (process.env['CI'] === 'true') throw new Error(what);
  return what;
}

/** The zones of test/peers/zones. */
export function readPeerZones(): readonly PeerZone[] {
  const folder = fileURLToPath(new URL('zones/', import.meta.url));
  const files = readdirSync(folder).filter((file) => file.endsWith('.zone'));
  return files.map((file) => ({
    apex: file.slice(0, -'.zone'.length),
    text: readFileSync(join(folder, file), 'utf8'),
  }));
}

/** Starts fairlead and the peers; they end with the scope. */
export async function startServers(
  scope: Scope,
  zones: readonly PeerZone[],
  names: readonly PeerName[],
): Promise<readonly PeerServer[]> {
  return Promise.all([startOurs(scope, zones), ...names.map((name) => startPeer(scope, name, zones))]);
}

async function startOurs(scope: Scope, zones: readonly PeerZone[]): Promise<PeerServer> {
  const address = loopbackAddress();
  const directory = directoryWith(scope, {
    'fairlead.yaml': `site: here
stateDirectory: var
dns: { listen: ['${address}:${port}'] }
api: { listen: '${address}:8053' }
replication: { role: writer }
`,
    'sites/here.yaml': 'site: here\nname: Here\nlocation: { latitude: 0, longitude: 0 }\n',
    ...zoneFiles(zones),
  });
  await startCoordinator(scope, directory);
  return clientOf(scope, 'fairlead', { address, port });
}

async function startPeer(scope: Scope, name: PeerName, zones: readonly PeerZone[]): Promise<PeerServer> {
  // BIND listens only on addresses that an interface has, so it takes a free port of the first.
  const place =
    name === 'bind' ? { address: '127.0.0.1', port: await freePort() } : { address: loopbackAddress(), port };
  const directory = directoryWith(scope, { ...zoneFiles(zones), 'db/.keep': '' });
  const configs = { nsd: nsdConfig, knot: knotConfig, bind: bindConfig };
  const config = configs[name]({ ...place, directory, apexes: zones.map(({ apex }) => apex) });
  writeFiles(directory, { 'server.conf': config });
  const args = { nsd: ['-d', '-c'], knot: ['-c'], bind: ['-g', '-n', '1', '-c'] }[name];
  const file = join(directory, 'server.conf');
  const child = spawn(programs[name], [...args, file], {
    cwd: directory,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const closed = once(child, 'close');
  scope.after(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await closed;
  });
  const ended = closed.then(() => {
    throw new Error(`${name} ended:\n${output}`);
  });
  const answering = untilAnswering(name, place, zones).catch((error: unknown) => {
    throw new Error(`${name} does not answer; it says:\n${output}`, { cause: error });
  });
  await Promise.race([answering, ended]);
  // Its end later on is awaited above.
  ended.catch(() => undefined);
  return clientOf(scope, name, place);
}

async function clientOf(scope: Scope, name: PeerServer['name'], place: ListenPlace): Promise<PeerServer> {
  const client = await createDnsClient(place.address, place.port);
  scope.after(() => {
    client.close();
  });
  return {
    name,
    ask: (query, transport) => client.ask(query, transport),
    probe: (octets, control, transport) => client.probe(octets, control, transport),
    close: () => {
      client.close();
    },
  };
}

/** Resolves when the server answers authoritatively for the SOA of every zone. */
async function untilAnswering(name: string, place: ListenPlace, zones: readonly PeerZone[]): Promise<void> {
  const client = await createDnsClient(place.address, place.port, { patienceMs: 100, attempts: 1 });
  const isReady = async (apex: string): Promise<boolean> => {
    const owner = parseName(`${apex}.`);
    if (!owner.ok) throw new Error(owner.fault);
    const reply = await client.ask(encodeQuery(0, { name: owner.value, type: recordType.SOA }), 'udp');
    // AA, NOERROR and one answer.
    return reply !== undefined && ((reply[2] ?? 0) & 4) !== 0 && ((reply[3] ?? 0) & 0xf) === 0 && reply[7] === 1;
  };
  try {
    await waitFor(
      `${name} to answer for every zone`,
      async () => {
        for (const { apex } of zones) if (!(await isReady(apex))) return `no SOA of ${apex}`;
        return true;
      },
      { deadlineMs: startLimitMs },
    );
  } finally {
    client.close();
  }
}

function zoneFiles(zones: readonly PeerZone[]): Files {
  return Object.fromEntries(zones.map(({ apex, text }) => [`zones/${apex}.zone`, text]));
}

/** Where one peer runs and what it serves. */
interface PeerPlace extends ListenPlace {
  readonly directory: string;
  readonly apexes: readonly string[];
}

function nsdConfig({ address, port, directory, apexes }: PeerPlace): string {
  const zones = apexes.map((apex) => `zone:\n  name: ${apex}\n  zonefile: "${directory}/zones/${apex}.zone"\n`);
  return `server:
  ip-address: ${address}@${port}
  server-count: 1
  username: ""
  zonesdir: "${directory}"
  database: ""
  pidfile: ""
  xfrdfile: "${directory}/xfrd.state"
  zonelistfile: "${directory}/zone.list"
  xfrdir: "${directory}"
  minimal-responses: yes
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
remote-control:
  control-enable: no
${zones.join('')}`;
}

function knotConfig({ address, port, directory, apexes }: PeerPlace): string {
  const zones = apexes.map((apex) => `  - domain: ${apex}\n    file: "${directory}/zones/${apex}.zone"\n`);
  return `server:
    rundir: "${directory}"
    listen: ${address}@${port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: warning
database:
    storage: "${directory}/db"
template:
  - id: default
    zonefile-load: whole
    zonefile-sync: -1
    journal-content: none
    semantic-checks: off
zone:
${zones.join('')}`;
}

function bindConfig({ address, port, directory, apexes }: PeerPlace): string {
  const zones = apexes.map((apex) => `zone "${apex}" { type primary; file "${directory}/zones/${apex}.zone"; };\n`);
  return `options {
  directory "${directory}";
  listen-on port ${port} { ${address}; };
  listen-on-v6 { none; };
  pid-file none;
  session-keyfile none;
  recursion no;
  minimal-responses yes;
  notify no;
  empty-zones-enable no;
  dnssec-validation no;
  check-names primary ignore;
  check-integrity no;
};
controls {};
${zones.join('')}`;
}
