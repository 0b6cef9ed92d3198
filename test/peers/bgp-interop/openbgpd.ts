/** OpenBGPD (the portable one) in the matrix. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import type { Daemon, Lacks, MakeDaemon, Neighbor, SeenNotification, SeenRoute } from './daemon.ts';
import { daemonPrefixes, eventually, listAt, numberAt, numbersIn, readJson, textAt } from './daemon.ts';
import { ask, PlacedProcess } from './world.ts';

export const openbgpdLacks: Lacks = ({ bfd, extendedNextHop }) => {
  if (extendedNextHop === true) return 'does not know RFC 8950';
  return bfd === true ? 'has no BFD' : undefined;
};

export const makeOpenbgpd: MakeDaemon = (place, asn, neighbors) => {
  const socket = `${place.folder}/control`;
  const bgpctl = (...words: readonly string[]): Promise<string> => ask('bgpctl', '-s', socket, ...words);
  let child: PlacedProcess | undefined;
  const log = (): string => child?.output() ?? '';
  const neighborJson = async ({ ourAddress }: Neighbor): Promise<unknown> =>
    listAt(readJson(await bgpctl('-j', 'show', 'neighbor', ourAddress)), 'neighbors')[0];
  return {
    name: 'OpenBGPD',
    start: async () => {
      writeFileSync(`${place.folder}/bgpd.conf`, config(place.theirs, asn, socket, neighbors), { mode: 0o600 });
      rmSync(socket, { force: true });
      const started = new PlacedProcess(place, '/usr/sbin/bgpd', ['-d', '-v', '-f', `${place.folder}/bgpd.conf`]);
      child = started;
      await eventually('the control socket of OpenBGPD', () => {
        if (started.hasEnded()) throw new Error(started.output());
        return existsSync(socket) ? true : undefined;
      });
    },
    isEstablished: async (neighbor) => textAt(await neighborJson(neighbor), 'state') === 'Established',
    route: async ({ ourAddress }, prefix) => {
      const seen = readJson(await bgpctl('-j', 'show', 'rib', 'neighbor', ourAddress, 'detail', prefix));
      const found = listAt(seen, 'rib')[0];
      return found === undefined ? undefined : readRoute(found);
    },
    count: async (neighbor) => numberAt(await neighborJson(neighbor), 'stats', 'prefixes', 'received') ?? 0,
    received: ({ ourAddress }) => Promise.resolve(readNotifications(log(), ourAddress)),
    askRefresh: ({ ourAddress }) => bgpctl('neighbor', ourAddress, 'refresh'),
    signal: (signal) => child?.signal(signal),
    kill: async () => child?.kill(),
    log,
  } satisfies Daemon;
};

function readRoute(found: unknown): SeenRoute {
  const words = (key: string): readonly string[] => listAt(found, key).map(String);
  return {
    nextHop: textAt(found, 'exit_nexthop'),
    asPath: numbersIn(textAt(found, 'aspath')),
    med: numberAt(found, 'metric'),
    localPreference: numberAt(found, 'localpref'),
    communities: words('communities').map((word) => (word === 'GRACEFUL_SHUTDOWN' ? '65535:0' : word)),
    largeCommunities: words('large_communities'),
    extendedCommunities: words('extended_communities').map((word) => word.replace(' ', ':').replace(/^soo:/, 'ro:')),
  };
}

/** How OpenBGPD calls the NOTIFICATIONs that rows look for. */
const names: readonly (readonly [RegExp, number, number])[] = [
  [/HoldTimer expired/, 4, 0],
  [/Cease, administratively down/, 6, 2],
];

function readNotifications(log: string, address: string): readonly SeenNotification[] {
  const lines = log.split('\n').filter((line) => line.includes(`neighbor ${address}:`));
  return lines.flatMap((line, index) => {
    if (!line.includes('received notification')) return [];
    const [, code = 0, subcode = 0] = names.find(([name]) => name.test(line)) ?? [];
    // The text comes as a line of its own.
    const text = /received shutdown reason: "(.*)"/.exec(lines[index + 1] ?? '')?.[1] ?? '';
    return { code, subcode, text };
  });
}

function config(
  theirs: { readonly v4: string; readonly v6: string },
  asn: number,
  socket: string,
  neighbors: readonly Neighbor[],
): string {
  const told = neighbors.filter(({ needs }) => needs.announces);
  return `
AS ${asn}
router-id ${theirs.v4}
listen on ${theirs.v4}
listen on ${theirs.v6}
socket "${socket}"
fib-update no
connect-retry 1
log updates
${neighbors.map(neighborBlock).join('')}
allow from any
${daemonPrefixes.map((prefix) => `network ${prefix}`).join('\n')}
${told.map(({ ourAddress }) => daemonPrefixes.map((prefix) => `allow to ${ourAddress} prefix ${prefix}`).join('\n')).join('\n')}
match from any community GRACEFUL_SHUTDOWN set { localpref 0 }
`;
}

function neighborBlock({ ourAddress, theirAddress, ourAsn, families, needs }: Neighbor): string {
  const has = (family: string): string => (families.some((one) => one.startsWith(family)) ? 'unicast' : 'none');
  return `
neighbor ${ourAddress} {
  remote-as ${ourAsn}
  local-address ${theirAddress}
  holdtime ${needs.holdTimeSeconds ?? 90}
  announce IPv4 ${has('ipv4')}
  announce IPv6 ${has('ipv6')}
  announce as-4byte ${needs.twoOctetAs === true ? 'no' : 'yes'}
  ${needs.dials === true ? '' : 'passive'}
  ${needs.md5Key === undefined ? '' : `tcp md5sig password ${needs.md5Key}`}
  ${needs.ttlSecurity === true ? 'ttl-security yes' : ''}
  ${needs.isProvider === true ? 'announce policy provider enforce' : ''}
  ${needs.maxPrefixes === undefined ? '' : `max-prefix ${needs.maxPrefixes}`}
}
`;
}
