/** ExaBGP 4 in the matrix: it has no RIB, so that routes are what its events add up to. */
import {
  chmodSync,
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import type { Daemon, Lacks, MakeDaemon, Neighbor, SeenNotification, SeenRoute } from './daemon.ts';
import { daemonPrefixes, eventually, at, listAt, numberAt, readJson, textAt } from './daemon.ts';
import { PlacedProcess } from './world.ts';

export const exabgpLacks: Lacks = ({ bfd, maxPrefixes, gracefulRestart, isProvider }) => {
  if (isProvider === true) return 'does not know RFC 9234';
  if (gracefulRestart === true) return 'has no RIB';
  if (maxPrefixes !== undefined) return 'has no such limit';
  return bfd === true ? 'has no BFD' : undefined;
};

export const makeExabgp: MakeDaemon = (place, asn, neighbors) => {
  const file = (name: string): string => `${place.folder}/${name}`;
  let child: PlacedProcess | undefined;
  let events = new Events(file('events'));
  return {
    name: 'ExaBGP',
    start: async () => {
      for (const name of ['events', 'commands']) rmSync(file(name), { force: true });
      events = new Events(file('events'));
      execFileSync('mkfifo', [file('commands')]);
      writeFileSync(file('watch'), `#!/bin/sh\ncat <>${file('commands')} &\nexec cat >${file('events')}\n`);
      chmodSync(file('watch'), 0o755);
      writeFileSync(file('conf'), config(place.theirs.v4, asn, file('watch'), neighbors));
      const started = new PlacedProcess(place, 'exabgp', ['conf'], {
        exabgp_daemon_user: 'root',
        exabgp_daemon_drop: 'false',
        exabgp_tcp_bind: `${place.theirs.v4} ${place.theirs.v6}`,
        exabgp_api_cli: 'false',
        exabgp_api_ack: 'false',
        exabgp_log_level: 'INFO',
      });
      child = started;
      await eventually('the process that ExaBGP starts', () => {
        if (started.hasEnded()) throw new Error(started.output());
        return existsSync(file('events')) ? true : undefined;
      });
    },
    isEstablished: ({ ourAddress }) => Promise.resolve(events.read().isUp(ourAddress)),
    route: ({ ourAddress }, prefix) => Promise.resolve(events.read().routes(ourAddress).get(prefix)),
    count: ({ ourAddress }) => Promise.resolve(events.read().routes(ourAddress).size),
    received: ({ ourAddress }) => Promise.resolve(events.read().notifications(ourAddress)),
    askRefresh: ({ ourAddress }) => {
      const fifo = openSync(file('commands'), 'w');
      writeSync(fifo, `neighbor ${ourAddress} announce route-refresh ipv4 unicast\n`);
      closeSync(fifo);
      return Promise.resolve();
    },
    signal: (signal) => child?.signal(signal),
    kill: async () => child?.kill(),
    log: () => child?.output() ?? '',
  } satisfies Daemon;
};

/** What ExaBGP's lines of JSON add up to. */
class Events {
  readonly #path: string;
  readonly #routes = new Map<string, Map<string, SeenRoute>>();
  readonly #up = new Set<string>();
  readonly #notifications: (readonly [address: string, SeenNotification])[] = [];
  #offset = 0;
  #rest = '';

  constructor(path: string) {
    this.#path = path;
  }

  isUp(address: string): boolean {
    return this.#up.has(address);
  }

  routes(address: string): Map<string, SeenRoute> {
    const known = this.#routes.get(address) ?? new Map<string, SeenRoute>();
    this.#routes.set(address, known);
    return known;
  }

  notifications(address: string): readonly SeenNotification[] {
    return this.#notifications.flatMap(([peer, notification]) => (peer === address ? [notification] : []));
  }

  /** Takes in what has been written since the last time. */
  read(): this {
    if (!existsSync(this.#path)) return this;
    const open = openSync(this.#path, 'r');
    const bytes = Buffer.alloc(fstatSync(open).size - this.#offset);
    this.#offset += readSync(open, bytes, 0, bytes.length, this.#offset);
    closeSync(open);
    const lines = (this.#rest + bytes.toString('latin1')).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#take(readJson(line));
    return this;
  }

  #take(event: unknown): void {
    const neighbor = at(event, 'neighbor');
    const address = textAt(neighbor, 'address', 'peer');
    switch (textAt(event, 'type')) {
      case 'state':
        if (textAt(neighbor, 'state') === 'up') this.#up.add(address);
        else {
          this.#up.delete(address);
          this.routes(address).clear();
        }
        break;
      case 'notification': {
        const told = at(neighbor, 'notification') ?? at(neighbor, 'message', 'notification');
        const text = Buffer.from(textAt(told, 'data').replace(/^0x/, ''), 'hex').subarray(1).toString();
        const notification = { code: numberAt(told, 'code') ?? 0, subcode: numberAt(told, 'subcode') ?? 0, text };
        this.#notifications.push([address, notification]);
        break;
      }
      case 'update':
        this.#update(this.routes(address), at(neighbor, 'message', 'update'));
        break;
      default:
    }
  }

  #update(routes: Map<string, SeenRoute>, update: unknown): void {
    for (const prefixes of members(at(update, 'withdraw'))) {
      if (Array.isArray(prefixes[1])) for (const one of prefixes[1]) routes.delete(textAt(one, 'nlri'));
    }
    for (const [, hops] of members(at(update, 'announce'))) {
      for (const [nextHop, prefixes] of members(hops)) {
        const route = readRoute(nextHop, at(update, 'attribute'));
        for (const one of Array.isArray(prefixes) ? prefixes : []) routes.set(textAt(one, 'nlri'), route);
      }
    }
  }
}

function members(value: unknown): readonly (readonly [string, unknown])[] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

function readRoute(nextHop: string, attribute: unknown): SeenRoute {
  const joined = (key: string): readonly string[] =>
    listAt(attribute, key).map((one) => (Array.isArray(one) ? one.join(':') : String(one)));
  return {
    nextHop,
    asPath: listAt(attribute, 'as-path').map(Number),
    med: numberAt(attribute, 'med'),
    localPreference: numberAt(attribute, 'local-preference'),
    communities: joined('community'),
    largeCommunities: joined('large-community'),
    // The text of some would be an address, whatever it is.
    extendedCommunities: listAt(attribute, 'extended-community').map((one) =>
      readExtended(BigInt(numberAt(one, 'value') ?? 0)),
    ),
  };
}

/** A target or origin of a two-octet AS (RFC 4360 §4, §5): type, subtype, AS and four octets of value. */
function readExtended(bits: bigint): string {
  const names: Partial<Record<string, string>> = { '2': 'rt', '3': 'ro' };
  return `${names[String(bits >> 48n)] ?? '?'}:${(bits >> 32n) & 0xffffn}:${bits & 0xffff_ffffn}`;
}

function config(routerId: string, asn: number, program: string, neighbors: readonly Neighbor[]): string {
  return `process watcher { run ${program}; encoder json; }\n${neighbors
    .map((neighbor) => neighborBlock(routerId, asn, neighbor))
    .join('')}`;
}

function neighborBlock(routerId: string, asn: number, neighbor: Neighbor): string {
  const { ourAddress, theirAddress, ourAsn, families, needs } = neighbor;
  // It offers next hops of a family only where it offers the family.
  const names = needs.extendedNextHop === true ? ['ipv4-unicast', 'ipv6-unicast'] : families;
  return `
neighbor ${ourAddress} {
  router-id ${routerId};
  local-address ${theirAddress};
  local-as ${asn};
  peer-as ${ourAsn};
  hold-time ${needs.holdTimeSeconds ?? 90};
  passive ${needs.dials === true ? 'false' : 'true'};
  ${needs.md5Key === undefined ? '' : `md5-password ${needs.md5Key};`}
  ${needs.ttlSecurity === true ? 'outgoing-ttl 255; incoming-ttl 255;' : ''}
  capability {
    asn4 ${needs.twoOctetAs === true ? 'disable' : 'enable'};
    route-refresh enable;
    ${needs.extendedNextHop === true ? 'nexthop enable;' : ''}
  }
  family { ${names.map((family) => `${family.replace('-', ' ')};`).join(' ')} }
  ${needs.extendedNextHop === true ? 'nexthop { ipv4 unicast ipv6; }' : ''}
  ${needs.announces === true ? `static { ${daemonPrefixes.map((prefix) => `route ${prefix} next-hop self;`).join(' ')} }` : ''}
  api {
    processes [ watcher ];
    neighbor-changes;
    receive { parsed; update; notification; }
  }
}
`;
}
