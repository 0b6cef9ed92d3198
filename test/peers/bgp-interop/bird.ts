/** BIRD 2 in the matrix. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Daemon, MakeDaemon, Neighbor, SeenNotification } from './daemon.ts';
import { daemonPrefixes, eventually, numbersIn } from './daemon.ts';
import { ask, PlacedProcess } from './world.ts';

/** How BIRD calls the NOTIFICATIONs that rows look for. */
const names: readonly (readonly [string, number, number])[] = [
  ['Hold timer expired', 4, 0],
  ['Maximum number of prefixes reached', 6, 1],
  ['Administrative shutdown', 6, 2],
  ['Peer de-configured', 6, 3],
  ['Administrative reset', 6, 4],
  ['Connection collision resolution', 6, 7],
  ['BFD session down', 6, 10],
];

export const makeBird: MakeDaemon = (place, asn, neighbors) => {
  const file = (name: string): string => `${place.folder}/${name}`;
  const birdc = (...words: readonly string[]): Promise<string> => ask('birdc', '-s', file('control'), ...words);
  let child: PlacedProcess | undefined;
  const log = (): string => (existsSync(file('log')) ? readFileSync(file('log'), 'utf8') : '');
  const daemon: Daemon = {
    name: 'BIRD',
    start: async () => {
      writeFileSync(file('bird.conf'), config(place.theirs.v4, asn, file('log'), neighbors));
      rmSync(file('control'), { force: true });
      const started = new PlacedProcess(place, 'bird', ['-f', '-c', 'bird.conf', '-s', 'control', '-P', 'pid']);
      child = started;
      await eventually('the control socket of BIRD', () => {
        if (started.hasEnded()) throw new Error(started.output());
        return existsSync(file('control')) ? true : undefined;
      });
    },
    isEstablished: async ({ index }) => (await birdc('show', 'protocols', `n${index}`)).includes('Established'),
    route: async ({ index }, prefix) => {
      const text = await birdc('show', 'route', prefix, 'all', 'protocol', `n${index}`);
      return text.includes('BGP.origin') ? readRoute(text) : undefined;
    },
    count: async ({ index }) => {
      const text = await birdc('show', 'protocols', 'all', `n${index}`);
      return Array.from(text.matchAll(/Routes: +(\d+) imported/g)).reduce((sum, [, some]) => sum + Number(some), 0);
    },
    received: ({ index }) => Promise.resolve(readNotifications(log(), index)),
    askRefresh: ({ index }) => birdc('reload', 'in', `n${index}`),
    signal: (signal) => child?.signal(signal),
    kill: async () => child?.kill(),
    log,
  };
  return daemon;
};

function readRoute(text: string): Awaited<ReturnType<Daemon['route']>> {
  const value = (name: string): string => new RegExp(`BGP\\.${name}: (.*)`).exec(text)?.[1] ?? '';
  const groups = (name: string): readonly string[] =>
    Array.from(value(name).matchAll(/\(([^)]*)\)/g), ([, inner = '']) => inner.replaceAll(/, ?/g, ':'));
  const number = (name: string): number | undefined => (value(name) === '' ? undefined : Number(value(name)));
  return {
    nextHop: value('next_hop').split(' ')[0] ?? '',
    asPath: numbersIn(value('as_path')),
    med: number('med'),
    localPreference: number('local_pref'),
    communities: groups('community'),
    largeCommunities: groups('large_community'),
    extendedCommunities: groups('ext_community'),
  };
}

function readNotifications(log: string, index: number): readonly SeenNotification[] {
  const lines = log.matchAll(new RegExp(`n${index}: Received: (.*)`, 'g'));
  return Array.from(lines, ([, line = '']) => {
    const [, code = 0, subcode = 0] = names.find(([name]) => line.startsWith(name)) ?? [];
    return { code, subcode, text: /: "(.*)"$/.exec(line)?.[1] ?? '' };
  });
}

function config(routerId: string, asn: number, log: string, neighbors: readonly Neighbor[]): string {
  return `
router id ${routerId};
log "${log}" all;
protocol device { scan time 1; }
protocol static { ipv4; ${daemonPrefixes.map((prefix) => `route ${prefix} blackhole;`).join(' ')} }
protocol bfd { interface "*" { interval 100 ms; multiplier 3; }; }
filter take { if (65535, 0) ~ bgp_community then bgp_local_pref = 0; accept; }
${neighbors.map((neighbor) => protocol(asn, neighbor)).join('')}`;
}

function protocol(asn: number, { index, ourAddress, theirAddress, ourAsn, families, needs }: Neighbor): string {
  const limit = needs.maxPrefixes === undefined ? '' : `import limit ${needs.maxPrefixes} action disable;`;
  const nextHop = needs.extendedNextHop === true ? 'extended next hop on;' : '';
  const channels = families.map(
    (family) =>
      `${family.slice(0, 4)} { import filter take; export ${needs.announces === true ? 'where source = RTS_STATIC' : 'none'}; ${limit} ${family === 'ipv4-unicast' ? nextHop : ''} };`,
  );
  return `
protocol bgp n${index} {
  debug { states, events };
  local ${theirAddress} port 179 as ${asn};
  neighbor ${ourAddress} as ${ourAsn};
  passive ${needs.dials === true ? 'off' : 'on'};
  hold time ${needs.holdTimeSeconds ?? 90};
  connect delay time 1;
  connect retry time 1;
  error wait time 1, 1;
  enable as4 ${needs.twoOctetAs === true ? 'off' : 'on'};
  ${needs.md5Key === undefined ? '' : `password "${needs.md5Key}";`}
  ${needs.ttlSecurity === true ? 'ttl security on;' : ''}
  ${needs.bfd === true ? 'bfd on;' : ''}
  ${needs.isProvider === true ? 'local role provider; require roles on;' : ''}
  ${channels.join('\n  ')}
}`;
}
