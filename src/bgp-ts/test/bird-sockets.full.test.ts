import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { PeerOptions, Speaker, SpeakerEvent } from '../src/index.ts';
import { createWorkerSpeaker } from '../src/index.ts';
import { freePort } from './free-port.ts';
import { addAddress, kernelCounter, removeAddress, Router, routerIsMissing } from './router.ts';
import type { Link } from './router.ts';
import { startSpeaker, startSpeakerBy } from './running-speaker.ts';
import type { RunningSpeaker } from './running-speaker.ts';
import { eventually } from './wait.ts';

const options = { skip: routerIsMissing, timeout: 30_000 };

/** What the router has for each of our addresses: one protocol, named after the address's number. */
const protocols = {
  1: 'passive on; password "right key";',
  2: 'password "right key";',
  3: 'passive on; ttl security on;',
  4: 'ttl security on;',
  5: 'passive on; ttl security on; password "right key";',
  6: 'passive on;',
  /** Its packets arrive with hop limit 1. */
  7: 'ttl security off;',
  8: 'passive on;',
  10: 'passive on; ttl security on;',
} as const;

type Host = keyof typeof protocols;

let router: Router | undefined;
let port = 0;

function routerNow(): Router {
  assert.ok(router !== undefined, 'the router runs');
  return router;
}

before(async () => {
  if (routerIsMissing !== false) return;
  port = await freePort();
  router = await Router.start([1, 2, 3, 4, 5, 6, 7, 8, 10], (link) => {
    const neighbor = `neighbor fe80::1%'${link.routerDevice}' as 65001`;
    const scoped = `protocol bgp scoped { local fe80::fe as 65000; ${neighbor}; passive on; ipv6 { import all; export none; }; }`;
    return [...Object.entries(protocols).map(configure(link)), scoped].join('\n');
  });
});

after(async () => router?.[Symbol.asyncDispose]());

function configure(link: Link): (entry: [string, string]) => string {
  return ([host, lines]) => {
    const common = `as 65001; connect delay time 1; connect retry time 1; error wait time 1, 1; ${lines}`;
    const channels = 'ipv4 { import all; export none; }; ipv6 { import all; export none; };';
    return `
      protocol bgp h${host}v4 {
        local ${link.routerIpv4(Number(host))} as 65000; neighbor ${link.ipv4(Number(host))} port ${port} ${common} ${channels}
      }
      protocol bgp h${host}v6 {
        local ${link.routerIpv6(Number(host))} as 65000; neighbor ${link.ipv6(Number(host))} port ${port} ${common} ${channels}
      }`;
  };
}

/** The router as a peer that we reach from our address `host`, by its name for the router. */
function peerAt(host: Host, family: 4 | 6, changes: Partial<PeerOptions> = {}): PeerOptions {
  const { link } = routerNow();
  return {
    name: `h${host}v${family}`,
    address: family === 4 ? link.routerIpv4(host) : link.routerIpv6(host),
    localAddress: family === 4 ? link.ipv4(host) : link.ipv6(host),
    peerAsn: 65000,
    localAsn: 65001,
    routerId: '192.0.2.1',
    retryMinMs: 100,
    retryMaxMs: 400,
    ...changes,
  };
}

function isEstablished(event: SpeakerEvent, peer: string): boolean {
  return event.kind === 'sessionState' && event.state === 'established' && event.peer === peer;
}

async function established({ log }: Pick<RunningSpeaker<Speaker>, 'log'>, peer: string, from = 0): Promise<void> {
  await log
    .find(peer, (event) => isEstablished(event, peer), from)
    .catch((error: unknown) => {
      throw new Error(`${String(error)}; the events:\n${log.events.map(({ text }) => text).join('\n')}`);
    });
}

/** Waits until a kernel counter is higher than it was: the router's, or that of this namespace. */
async function rises(counter: string, read: (name: string) => number, before: number): Promise<void> {
  await eventually(`${counter} beyond ${before}`, () => (read(counter) > before ? true : undefined));
}

const byRouter = (name: string): number => routerNow().counter(name);
const byUs = (name: string): number => kernelCounter(name);
const badSignatures = 'TcpExtTCPMD5Failure';
const fromAfar = 'TcpExtTCPMinTTLDrop';

async function listen({ speaker }: RunningSpeaker<Speaker>, family: 4 | 6): Promise<void> {
  const address = family === 4 ? '0.0.0.0' : '::';
  assert.deepEqual(await speaker.listen({ address, port }), { ok: true, value: undefined });
}

for (const family of [4, 6] as const) {
  // The first to listen: BIRD with GTSM takes no RST that the kernel sends with hop limit 64, and then hangs for minutes.
  void test(`BIRD that dials over IPv${family} is let in by GTSM from near only`, options, async () => {
    await using bench = startSpeaker();
    await listen(bench, family);
    const passive = { connection: 'passive', socket: { ttlSecurityHops: 1 } } as const;
    const first = byUs(fromAfar);
    bench.speaker.addPeer(peerAt(7, family, passive));
    await rises(fromAfar, byUs, first);
    bench.speaker.addPeer(peerAt(4, family, passive));
    await established(bench, `h4v${family}`);
    // A peer without GTSM makes the listener answer from afar, too: now the accepted connection has to drop.
    bench.speaker.addPeer(peerAt(2, family, { connection: 'passive', socket: { md5Key: 'right key' } }));
    await established(bench, `h2v${family}`);
    await rises(fromAfar, byUs, byUs(fromAfar));
    assert.ok(!bench.log.events.some((event) => isEstablished(event, `h7v${family}`)));
  });

  void test(`BIRD over IPv${family} lets us in with its TCP-MD5 key and answers no other`, options, async () => {
    await using bench = startSpeaker();
    const before = byRouter(badSignatures);
    bench.speaker.addPeer(peerAt(1, family, { socket: { md5Key: 'wrong key' } }));
    await rises(badSignatures, byRouter, before);
    assert.equal((await bench.speaker.snapshot()).peers[0]?.state, 'connect');
    bench.speaker.removePeer(`h1v${family}`);
    assert.ok(bench.speaker.addPeer(peerAt(1, family, { socket: { md5Key: 'right key' } })).ok);
    await established(bench, `h1v${family}`);
  });

  void test(`BIRD with GTSM over IPv${family} lets us in with hop limit 255 only`, options, async () => {
    await using bench = startSpeaker();
    const before = byRouter(fromAfar);
    bench.speaker.addPeer(peerAt(10, family));
    await rises(fromAfar, byRouter, before);
    bench.speaker.addPeer(peerAt(3, family, { socket: { ttlSecurityHops: 1 } }));
    await established(bench, `h3v${family}`);
    assert.ok(!bench.log.events.some((event) => isEstablished(event, `h10v${family}`)));
  });

  void test(`the SYN over IPv${family} has signature, hop limit, device and code point`, options, async () => {
    await using bench = startSpeaker();
    const { link } = routerNow();
    const source = family === 4 ? link.ipv4(5) : link.ipv6(5);
    // CS6 is code point 48: the upper six bits of the type of service, or of the traffic class (RFC 2474 §3).
    const isMarked = family === 4 ? 'ip[1] = 0xc0 and ip[8] = 255' : 'ip6[0:2] & 0x0ff0 = 0x0c00 and ip6[7] = 255';
    const packet = await routerNow().packet(`tcp and src host ${source} and ${isMarked}`);
    const socket = { md5Key: 'right key', ttlSecurityHops: 1, device: link.device, dscp: 48 };
    bench.speaker.addPeer(peerAt(5, family, { socket }));
    await established(bench, `h5v${family}`);
    assert.match(await packet.seen, /Flags \[S\],.* options \[nop,nop,md5 /);
  });

  void test(
    `BIRD that dials over IPv${family} is let in by its key, also one that comes or changes`,
    options,
    async () => {
      await using bench = startSpeaker();
      const { speaker, log } = bench;
      await listen(bench, family);
      const stranger = await log.find('a stranger', (event) => event.kind === 'connectionRefused');
      assert.match(stranger.text, /^closed a connection from \S+: no peer that may connect has this address$/);
      const passive = (md5Key: string): PeerOptions =>
        peerAt(2, family, { connection: 'passive', socket: { md5Key, dscp: 48 } });
      speaker.addPeer(passive('right key'));
      await established(bench, `h2v${family}`);
      const count = log.events.length;
      const before = byUs(badSignatures);
      speaker.removePeer(`h2v${family}`);
      speaker.addPeer(passive('wrong key'));
      await rises(badSignatures, byUs, before);
      assert.ok(!log.events.slice(count).some((event) => isEstablished(event, `h2v${family}`)));
      speaker.removePeer(`h2v${family}`);
      speaker.addPeer(passive('right key'));
      await established(bench, `h2v${family}`, count);
    },
  );
}

void test('a source address that comes late is told of once and used at once', options, async () => {
  await using bench = startSpeaker();
  const { speaker, log } = bench;
  const { link } = routerNow();
  removeAddress(link, 8);
  speaker.addPeer(peerAt(8, 4));
  const isTrouble = (event: SpeakerEvent): boolean => event.kind === 'error';
  const trouble = await log.find('the trouble', isTrouble);
  const reason = `bind EADDRNOTAVAIL ${link.ipv4(8)}`;
  assert.equal(trouble.text, `BGP session with h8v4 cannot connect yet, and tries again: ${reason}`);
  const isConnect = (event: SpeakerEvent): boolean => event.kind === 'sessionState' && event.state === 'connect';
  await log.find('another attempt', isConnect, log.events.indexOf(trouble));
  addAddress(link, 8);
  await established(bench, 'h8v4');
  assert.equal(log.events.filter(isTrouble).length, 1);
});

void test('a worker dials with TCP-MD5, and over link-local addresses by device', options, async () => {
  await using running = startSpeakerBy((onEvent) => createWorkerSpeaker({ onEvent }));
  const { speaker, log } = running;
  const { device } = routerNow().link;
  speaker.addPeer(peerAt(1, 4, { socket: { md5Key: 'right key' } }));
  const ends = { name: 'local', address: 'fe80::fe', localAddress: 'fe80::1' };
  speaker.addPeer(peerAt(6, 6, { ...ends, socket: { device } }));
  await established({ log }, 'h1v4');
  await established({ log }, 'local');
});
