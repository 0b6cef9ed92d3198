/** GoBGP in the matrix. */
import { writeFileSync } from 'node:fs';
import type { Daemon, Lacks, MakeDaemon, Neighbor, SeenNotification, SeenRoute } from './daemon.ts';
import { daemonPrefixes, eventually, at, listAt, numberAt, readJson, textAt } from './daemon.ts';
import { ask, PlacedProcess } from './world.ts';

export const gobgpLacks: Lacks = ({ twoOctetAs, bfd, isProvider }) => {
  if (isProvider === true) return 'does not know RFC 9234';
  if (twoOctetAs === true) return 'always offers capability 65';
  return bfd === true ? 'has no BFD' : undefined;
};

export const makeGobgp: MakeDaemon = (place, asn, neighbors) => {
  const gobgp = (...words: readonly string[]): Promise<string> =>
    ask('ip', 'netns', 'exec', place.space, 'gobgp', ...words);
  let child: PlacedProcess | undefined;
  const log = (): string => child?.output() ?? '';
  return {
    name: 'GoBGP',
    start: async () => {
      writeFileSync(`${place.folder}/gobgpd.json`, JSON.stringify(config(place.theirs, asn, neighbors)));
      const words = ['-f', 'gobgpd.json', '-t', 'json', '--log-plain', '--pprof-disable'];
      const started = new PlacedProcess(place, 'gobgpd', words);
      child = started;
      await eventually('the port of GoBGP', async () => {
        if (started.hasEnded()) throw new Error(started.output());
        return Array.isArray(readJson(await gobgp('neighbor', '-j'))) ? true : undefined;
      });
      for (const prefix of daemonPrefixes) await gobgp('global', 'rib', 'add', prefix);
    },
    isEstablished: async ({ ourAddress }) => /BGP state = ESTABLISHED/i.test(await gobgp('neighbor', ourAddress)),
    // The best one of all neighbors: rows have prefixes of their own where they look at attributes.
    route: async (_, prefix) => {
      const family = prefix.includes(':') ? 'ipv6' : 'ipv4';
      const seen = readJson(await gobgp('global', 'rib', prefix, '-a', family, '-j'));
      const found = listAt(seen, prefix)[0] ?? listAt(seen)[0];
      return found === undefined ? undefined : readRoute(found);
    },
    count: async (neighbor) => {
      const seen = readJson(await gobgp('neighbor', neighbor.ourAddress, '-j'));
      const families = listAt(seen, 'afi_safis');
      return families.reduce<number>((sum, one) => sum + (numberAt(one, 'state', 'received') ?? 0), 0);
    },
    received: ({ ourAddress }) => Promise.resolve(readNotifications(log(), ourAddress)),
    askRefresh: ({ ourAddress }) => gobgp('neighbor', ourAddress, 'softresetin'),
    signal: (signal) => child?.signal(signal),
    kill: async () => child?.kill(),
    log,
  } satisfies Daemon;
};

/** Numbers of path attributes. */
const types = {
  asPath: 2,
  nextHop: 3,
  med: 4,
  localPreference: 5,
  communities: 8,
  mpReach: 14,
  extended: 16,
  large: 32,
};

/** Subtypes of extended communities. */
const extendedNames: Partial<Record<number, string>> = { 2: 'rt', 3: 'ro' };

function readRoute(found: unknown): SeenRoute {
  const attribute = (type: number): unknown => listAt(found, 'attrs').find((one) => at(one, 'type') === type);
  return {
    nextHop: textAt(attribute(types.nextHop), 'nexthop') || textAt(attribute(types.mpReach), 'nexthop'),
    asPath: listAt(attribute(types.asPath), 'as_paths').flatMap((segment) => listAt(segment, 'asns').map(Number)),
    med: numberAt(attribute(types.med), 'metric'),
    localPreference: numberAt(attribute(types.localPreference), 'value'),
    communities: listAt(attribute(types.communities), 'communities').map(
      (one) => `${Number(one) >>> 16}:${Number(one) & 0xffff}`,
    ),
    largeCommunities: listAt(attribute(types.large), 'value').map((one) =>
      ['ASN', 'LocalData1', 'LocalData2'].map((key) => String(at(one, key))).join(':'),
    ),
    extendedCommunities: listAt(attribute(types.extended), 'value').map(
      (one) => `${extendedNames[numberAt(one, 'subtype') ?? 0] ?? '?'}:${textAt(one, 'value')}`,
    ),
  };
}

function readNotifications(log: string, address: string): readonly SeenNotification[] {
  const lines = log.split('\n').filter((line) => line.includes('received notification') && line.includes(address));
  return lines.map((line) => ({
    code: Number(/Code=(\d+)/.exec(line)?.[1]),
    subcode: Number(/Subcode=(\d+)/.exec(line)?.[1]),
    text: /Communicated-Reason="([^"]*)"/.exec(line)?.[1] ?? '',
  }));
}

function config(
  theirs: { readonly v4: string; readonly v6: string },
  asn: number,
  neighbors: readonly Neighbor[],
): unknown {
  const told = neighbors.flatMap(({ ourAddress, needs }) => (needs.announces === true ? [`${ourAddress}/32`] : []));
  return {
    global: {
      config: { as: asn, 'router-id': theirs.v4, port: 179, 'local-address-list': [theirs.v4, theirs.v6] },
      'apply-policy': {
        config: {
          'import-policy-list': ['gshut'],
          'default-import-policy': 'accept-route',
          'export-policy-list': ['own'],
          'default-export-policy': 'reject-route',
        },
      },
    },
    'defined-sets': {
      'prefix-sets': [
        {
          'prefix-set-name': 'own',
          'prefix-list': daemonPrefixes.map((prefix) => ({ 'ip-prefix': prefix, 'masklength-range': '24..24' })),
        },
      ],
      'neighbor-sets': [{ 'neighbor-set-name': 'told', 'neighbor-info-list': [`${theirs.v4}/32`, ...told] }],
      'bgp-defined-sets': { 'community-sets': [{ 'community-set-name': 'gshut', 'community-list': ['65535:0'] }] },
    },
    'policy-definitions': [
      {
        name: 'own',
        statements: [
          {
            name: 'own',
            conditions: {
              'match-prefix-set': { 'prefix-set': 'own', 'match-set-options': 'any' },
              'match-neighbor-set': { 'neighbor-set': 'told', 'match-set-options': 'any' },
            },
            actions: { 'route-disposition': 'accept-route' },
          },
        ],
      },
      {
        name: 'gshut',
        statements: [
          {
            name: 'gshut',
            conditions: {
              'bgp-conditions': { 'match-community-set': { 'community-set': 'gshut', 'match-set-options': 'any' } },
            },
            actions: { 'route-disposition': 'accept-route', 'bgp-actions': { 'set-local-pref': 1 } },
          },
        ],
      },
    ],
    neighbors: neighbors.map(neighborOf),
  };
}

function neighborOf({ ourAddress, theirAddress, ourAsn, families, needs }: Neighbor): unknown {
  const limit =
    needs.maxPrefixes === undefined ? {} : { 'prefix-limit': { config: { 'max-prefixes': needs.maxPrefixes } } };
  const names = new Set<string>(families);
  if (needs.extendedNextHop === true) names.add('ipv6-unicast');
  return {
    config: {
      'neighbor-address': ourAddress,
      'peer-as': ourAsn,
      ...(needs.md5Key === undefined ? {} : { 'auth-password': needs.md5Key }),
    },
    transport: { config: { 'passive-mode': needs.dials !== true, 'local-address': theirAddress } },
    timers: {
      config: { 'hold-time': needs.holdTimeSeconds ?? 90, 'connect-retry': 1, 'idle-hold-time-after-reset': 1 },
    },
    'ttl-security': needs.ttlSecurity === true ? { config: { enabled: true, 'ttl-min': 255 } } : {},
    'graceful-restart': { config: { enabled: true, 'helper-only': true, 'notification-enabled': true } },
    'afi-safis': Array.from(names, (name) => ({ config: { 'afi-safi-name': name }, ...limit })),
  };
}
