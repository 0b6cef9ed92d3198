/**
 * Real PowerDNS 4.7 with LUA records and the client subnet, on a loopback address of its own: one zone file from its
 * BIND backend, and places from MaxMind files where its GeoIP backend is asked for.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { recordType } from '#dns/wire/constants.ts';
import { encodeQuery } from '#dns/wire/message.ts';
import { parseName } from '#dns/wire/name.ts';
import { directoryWith, loopbackAddress, writeFiles } from '../cli/scope.ts';
import type { Scope } from '../cli/scope.ts';
import { waitFor } from '../lab/wait.ts';
import { createDnsClient } from './dns-differential-client.ts';
import type { DnsClient } from './dns-differential-client.ts';
import type { PeerZone } from './dns-differential-servers.ts';

const port = 5300;
const startLimitMs = 20_000;
/** Debian keeps servers where only root looks. */
const environment = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` };
const moduleFolders = ['/usr/lib/x86_64-linux-gnu/pdns', '/usr/lib/aarch64-linux-gnu/pdns'];

/** What is missing for the tests with PowerDNS; undefined when nothing is. In CI that is an error. */
export function missingPowerDns(): string | undefined {
  const missing = [
    ...(spawnSync('pdns_server', ['--version'], { env: environment }).error === undefined ? [] : ['pdns-server']),
    ...(hasModule('libbindbackend.so') ? [] : ['pdns-backend-bind']),
    ...(hasModule('libgeoipbackend.so') ? [] : ['pdns-backend-geoip']),
  ];
  if (missing.length === 0) return undefined;
  const what = `PowerDNS or a part of it is missing: apt-get install -y ${missing.join(' ')}`;
  if (process.env['CI'] === 'true') throw new Error(what);
  return what;
}

function hasModule(file: string): boolean {
  return moduleFolders.some((folder) => existsSync(join(folder, file)));
}

/** How PowerDNS is to run beside its defaults. */
export interface PowerDnsOptions {
  /** MaxMind files by which it knows places. */
  readonly databases?: readonly string[];
  /** Further lines of its configuration. */
  readonly settings?: readonly string[];
}

/** A running PowerDNS. */
export interface PowerDns extends DnsClient {
  /** Everything that it has logged. */
  log(): string;
}

/** Starts PowerDNS with zones and waits until it answers for them; it ends with the scope. */
export async function startPowerDns(
  scope: Scope,
  zones: readonly PeerZone[],
  { databases = [], settings = [] }: PowerDnsOptions = {},
): Promise<PowerDns> {
  const address = loopbackAddress();
  const files = Object.fromEntries(zones.map(({ apex, text }) => [`${apex}.zone`, text]));
  const directory = directoryWith(scope, { ...files, 'geo.yaml': 'domains: []\n' });
  const geo = [`geoip-database-files=${databases.join(',')}`, `geoip-zones-file=${directory}/geo.yaml`];
  const named = zones.map(({ apex }) => `zone "${apex}" { type master; file "${directory}/${apex}.zone"; };\n`);
  writeFiles(directory, {
    'named.conf': named.join(''),
    'pdns.conf': `${[
      `launch=bind${databases.length === 0 ? '' : ',geoip'}`,
      `bind-config=${directory}/named.conf`,
      `local-address=${address}`,
      `local-port=${port}`,
      'enable-lua-records=yes',
      'edns-subnet-processing=yes',
      'receiver-threads=1',
      'distributor-threads=1',
      'cache-ttl=0',
      `socket-dir=${directory}`,
      'loglevel=6',
      'disable-syslog=yes',
      'write-pid=no',
      ...(databases.length === 0 ? [] : geo),
      ...settings,
    ].join('\n')}\n`,
  });
  const child = spawn('pdns_server', [`--config-dir=${directory}`, '--daemon=no', '--guardian=no'], {
    cwd: directory,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const closed = once(child, 'close');
  scope.after(async () => {
    // It forgets SIGTERM while a script of a record runs on.
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await closed;
  });
  const client = await createDnsClient(address, port, { patienceMs: 1000, attempts: 3 });
  scope.after(() => {
    client.close();
  });
  for (const { apex } of zones) {
    await untilAnswering(client, apex, () => {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`PowerDNS ended:\n${output}`);
    });
  }
  return {
    log: () => output,
    ask: (query, transport) => client.ask(query, transport),
    probe: (octets, control, transport) => client.probe(octets, control, transport),
    close: () => {
      client.close();
    },
  };
}

/** Resolves when the server answers authoritatively for the zone's SOA. */
async function untilAnswering(client: DnsClient, apex: string, assertRunning: () => void): Promise<void> {
  const owner = parseName(`${apex}.`);
  if (!owner.ok) throw new Error(owner.fault);
  const query = encodeQuery(0, { name: owner.value, type: recordType.SOA });
  await waitFor(
    `PowerDNS to answer for ${apex}`,
    async () => {
      assertRunning();
      const reply = await client.ask(query, 'udp');
      // AA, NOERROR and one answer.
      const isReady = reply !== undefined && ((reply[2] ?? 0) & 4) !== 0 && ((reply[3] ?? 0) & 0xf) === 0;
      return isReady && reply[7] === 1 ? true : 'no SOA';
    },
    { deadlineMs: startLimitMs },
  );
}
