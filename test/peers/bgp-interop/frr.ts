/** FRR in the matrix: zebra, bgpd and bfdd. */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Daemon, MakeDaemon, Neighbor, SeenNotification } from './daemon.ts';
import { daemonPrefixes, eventually, listAt, numberAt, numbersIn, readJson, textAt, wordsIn } from './daemon.ts';
import { ask, PlacedProcess } from './world.ts';

const programs = ['zebra', 'bgpd', 'bfdd'] as const;

export const makeFrr: MakeDaemon = (place, asn, neighbors) => {
  const folder = `${place.folder}/vty`;
  const logFile = `${place.folder}/log`;
  const configFile = `${place.folder}/frr.conf`;
  const show = (...commands: readonly string[]): Promise<string> =>
    ask('vtysh', '--vty_socket', folder, '-d', 'bgpd', ...commands.flatMap((command) => ['-c', command]));
  const running = new Map<string, PlacedProcess>();
  const log = (): string => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : '');
  const start = async (): Promise<void> => {
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o777);
    // The daemons give up root for a user of their own.
    chmodSync(place.folder, 0o777);
    writeFileSync(configFile, config(place.theirs.v4, asn, logFile, neighbors));
    for (const program of programs) {
      if (running.get(program)?.hasEnded() === false) continue;
      rmSync(`${folder}/${program}.vty`, { force: true });
      const own = ['--vty_socket', folder, '-z', `${place.folder}/zserv`];
      const files = ['-i', `${place.folder}/${program}.pid`, '-f', program === 'bgpd' ? configFile : '/dev/null'];
      const control = program === 'bfdd' ? ['--bfdctl', `${place.folder}/bfdd.sock`] : [];
      const started = new PlacedProcess(place, `/usr/lib/frr/${program}`, [
        ...own,
        ...files,
        ...control,
        '-A',
        '127.0.0.1',
      ]);
      running.set(program, started);
      await eventually(`the socket of ${program}`, () => {
        if (started.hasEnded()) throw new Error(`${program} ended: ${started.output()}`);
        return existsSync(`${folder}/${program}.vty`) ? true : undefined;
      });
    }
  };
  return {
    name: 'FRR',
    start,
    isEstablished: async ({ ourAddress }) =>
      textAt(readJson(await show(`show bgp neighbors ${ourAddress} json`)), ourAddress, 'bgpState') === 'Established',
    route: async ({ ourAddress }, prefix) => {
      const family = prefix.includes(':') ? 'ipv6' : 'ipv4';
      const seen = readJson(await show(`show bgp ${family} unicast ${prefix} json`));
      const found = listAt(seen, 'paths').find((one) => textAt(one, 'peer', 'peerId') === ourAddress);
      return found === undefined ? undefined : readRoute(found);
    },
    count: async ({ ourAddress, families }) => {
      const seen = readJson(await show(`show bgp neighbors ${ourAddress} json`));
      return families.reduce(
        (sum, family) =>
          sum + (numberAt(seen, ourAddress, 'addressFamilyInfo', familyKeys[family], 'acceptedPrefixCounter') ?? 0),
        0,
      );
    },
    received: ({ ourAddress }) => Promise.resolve(readNotifications(log(), ourAddress)),
    askRefresh: ({ ourAddress }) => show(`clear bgp ipv4 unicast ${ourAddress} in`),
    signal: (signal) => ['bgpd', 'bfdd'].forEach((program) => running.get(program)?.signal(signal)),
    kill: async () => running.get('bgpd')?.kill(),
    log,
  } satisfies Daemon;
};

const familyKeys = { 'ipv4-unicast': 'ipv4Unicast', 'ipv6-unicast': 'ipv6Unicast' } as const;

function readRoute(found: unknown): Awaited<ReturnType<Daemon['route']>> {
  const hops = listAt(found, 'nexthops');
  const hop = hops.find((one) => textAt(one, 'scope') !== 'link-local');
  return {
    nextHop: textAt(hop, 'ip'),
    asPath: numbersIn(textAt(found, 'aspath', 'string')),
    med: numberAt(found, 'metric'),
    localPreference: numberAt(found, 'locPrf'),
    communities: wordsIn(textAt(found, 'community', 'string')).map((word) =>
      word === 'graceful-shutdown' ? '65535:0' : word,
    ),
    largeCommunities: wordsIn(textAt(found, 'largeCommunity', 'string')),
    extendedCommunities: wordsIn(textAt(found, 'extendedCommunity', 'string')).map((word) =>
      word.toLowerCase().replace(/^soo:/, 'ro:'),
    ),
  };
}

function readNotifications(log: string, address: string): readonly SeenNotification[] {
  const lines = log
    .split('\n')
    .filter((line) => line.includes('NOTIFICATION: received from neighbor') && line.includes(` ${address} `));
  return lines.map((line) => {
    const [, code = '', subcode = ''] = / (\d+)\/(\d+) \(/.exec(line) ?? [];
    return { code: Number(code), subcode: Number(subcode), text: /"(.*)"/.exec(line)?.[1] ?? '' };
  });
}

function config(routerId: string, asn: number, log: string, neighbors: readonly Neighbor[]): string {
  const inFamily = (family: string): string =>
    neighbors
      .filter(({ families }) => families.some((one) => one.startsWith(family)))
      .map(({ ourAddress, needs }) => {
        const limit =
          needs.maxPrefixes === undefined ? '' : `\n  neighbor ${ourAddress} maximum-prefix ${needs.maxPrefixes}`;
        return `  neighbor ${ourAddress} activate\n  neighbor ${ourAddress} route-map ${needs.announces === true ? 'own' : 'nothing'} out${limit}`;
      })
      .join('\n');
  return `
log file ${log} debugging
debug bgp neighbor-events
${daemonPrefixes.map((prefix) => `ip prefix-list own permit ${prefix}`).join('\n')}
route-map nothing deny 10
route-map own permit 10
 match ip address prefix-list own
router bgp ${asn}
 bgp router-id ${routerId}
 bgp log-neighbor-changes
 no bgp ebgp-requires-policy
 no bgp default ipv4-unicast
 no bgp network import-check
${neighbors.map(neighborLines).join('\n')}
 address-family ipv4 unicast
${daemonPrefixes.map((prefix) => `  network ${prefix}`).join('\n')}
${inFamily('ipv4')}
 exit-address-family
 address-family ipv6 unicast
${inFamily('ipv6')}
 exit-address-family
`;
}

function neighborLines({ ourAddress, ourAsn, needs }: Neighbor): string {
  const lines = [
    `remote-as ${ourAsn}`,
    `timers connect 1`,
    `timers 30 ${needs.holdTimeSeconds ?? 90}`,
    needs.dials === true ? '' : 'passive',
    needs.md5Key === undefined ? '' : `password ${needs.md5Key}`,
    needs.ttlSecurity === true ? 'ttl-security hops 1' : '',
    needs.twoOctetAs === true ? 'dont-capability-negotiate' : '',
    needs.extendedNextHop === true ? 'capability extended-nexthop' : '',
    needs.bfd === true ? 'bfd 3 300 300' : '',
    needs.isProvider === true ? 'local-role provider strict-mode' : '',
  ];
  return lines.flatMap((line) => (line === '' ? [] : [` neighbor ${ourAddress} ${line}`])).join('\n');
}
