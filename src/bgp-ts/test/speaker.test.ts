import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { BgpSpeaker, PeerOptions, SpeakerEvent } from '../src/index.ts';
import {
  createWorkerSpeaker,
  encodeKeepalive,
  encodeNotification,
  encodeRouteRefresh,
  shutdownTextOf,
  Speaker,
} from '../src/index.ts';
import { WorkerSpeaker } from '../src/speaker/worker-speaker.ts';
import { freePort } from './free-port.ts';
import { ListeningPeer } from './listening-peer.ts';
import { startSpeaker, startSpeakerBy } from './running-speaker.ts';
import { EventLog } from './wait.ts';

const options = { timeout: 30_000 };

function peerOptions(port: number, changes: Partial<PeerOptions> = {}): PeerOptions {
  return {
    address: '127.0.0.1',
    port,
    peerAsn: 65000,
    localAsn: 65001,
    routerId: '192.0.2.1',
    name: 'peer',
    ...changes,
  };
}

const makers: Readonly<Record<string, (onEvent: (event: SpeakerEvent) => void) => BgpSpeaker>> = {
  'in this thread': (onEvent) => new Speaker({ onEvent }),
  'in a worker': (onEvent) => createWorkerSpeaker({ onEvent }),
};

for (const [where, make] of Object.entries(makers)) {
  void test(
    `a speaker ${where} announces, packs one turn's changes, withdraws, and stops with its text`,
    options,
    async () => {
      await using peer = await ListeningPeer.start({ asn: 65000 });
      await using running = startSpeakerBy(make);
      const { speaker, log } = running;
      assert.deepEqual(speaker.addPeer(peerOptions(peer.port)), { ok: true, value: 'peer' });
      speaker.setDesired('198.51.100.1/32', { nextHop: 'self' }, 'healthy');
      await log.find(
        'End-of-RIB for IPv6',
        (event) => event.kind === 'endOfRibSent' && event.family === 'ipv6-unicast',
      );

      speaker.setDesired('198.51.100.2/32', { nextHop: 'self' }, 'healthy');
      speaker.setDesired('198.51.100.3/32', { nextHop: 'self' }, 'also healthy');
      const both = await peer.message(
        'both prefixes',
        (message) => message.kind === 'update' && message.announced.length === 2,
      );
      assert.ok(both.kind === 'update');
      assert.deepEqual(both.announced, ['198.51.100.2/32', '198.51.100.3/32']);

      const { peers, desired } = await speaker.snapshot();
      assert.equal(peers[0]?.state, 'established');
      assert.equal(peers[0].negotiated?.holdTimeSeconds, 90);
      assert.deepEqual(
        peers[0].announced.map((route) => [route.prefix, route.attributes.nextHop]),
        [1, 2, 3].map((host) => [`198.51.100.${host}/32`, '127.0.0.1']),
      );
      assert.equal(desired.length, 3);

      speaker.setDesired('198.51.100.2/32', null, 'drained');
      await peer.message('withdrawal', (message) => message.kind === 'update' && message.withdrawn.length === 1);
      await speaker.stop({ mode: 'administrative', text: 'bye' });
      const cease = await peer.message('Cease', (message) => message.kind === 'notification');
      assert.equal(cease.kind === 'notification' ? shutdownTextOf(cease) : '', 'bye');
      assert.deepEqual(
        log.events.flatMap((event) => (event.kind === 'updateSent' ? [event.text] : [])),
        [
          'announced 198.51.100.1/32 to peer: the session is new',
          'announced 198.51.100.2/32, 198.51.100.3/32 to peer: healthy; also healthy',
          'withdrew 198.51.100.2/32 from peer: drained',
        ],
      );
    },
  );
}

void test(
  'what is said together is sent in one UPDATE as soon as it is said, also when its saying fails',
  options,
  async () => {
    await using peer = await ListeningPeer.start({ asn: 65000 });
    await using running = startSpeaker();
    const { speaker, log } = running;
    speaker.addPeer(peerOptions(peer.port));
    await log.find('End-of-RIB', (event) => event.kind === 'endOfRibSent' && event.family === 'ipv6-unicast');
    const updates = (): string[] => log.events.flatMap((event) => (event.kind === 'updateSent' ? [event.text] : []));
    speaker.together(() => {
      speaker.setDesired('198.51.100.1/32', { nextHop: 'self' }, 'healthy');
      speaker.setDesired('198.51.100.2/32', { nextHop: 'self' }, 'healthy');
      assert.deepEqual(updates(), []);
    });
    const announced = 'announced 198.51.100.1/32, 198.51.100.2/32 to peer: healthy';
    assert.deepEqual(updates(), [announced]);
    const failing = (): void => {
      speaker.setDesired('198.51.100.1/32', null, 'drained');
      throw new Error('out of luck');
    };
    assert.throws(() => speaker.together(failing), /out of luck/);
    assert.deepEqual(updates(), [announced, 'withdrew 198.51.100.1/32 from peer: drained']);
  },
);

void test('a NOTIFICATION arrives although the peer keeps sending, and TCP ends with FIN', options, async () => {
  await using peer = await ListeningPeer.start({ asn: 65000 });
  await using running = startSpeaker();
  const { speaker, log } = running;
  speaker.addPeer(peerOptions(peer.port));
  await log.find('Established', (event) => event.kind === 'sessionState' && event.state === 'established');
  const flood = new Uint8Array(200_000);
  peer.send(encodeNotification({ code: 0, subcode: 0, data: new Uint8Array(0) }).fill(0, 0, 1));
  peer.send(flood);
  await peer.message('NOTIFICATION 1/1', (message) => message.kind === 'notification' && message.code === 1);
  const closed = await peer.log.find('the close', (seen) => seen.kind === 'closed');
  assert.deepEqual(closed, { kind: 'closed', isReset: false });
});

void test('a silent stop sends no NOTIFICATION', options, async () => {
  await using peer = await ListeningPeer.start({ asn: 65000 });
  await using running = startSpeaker();
  const { speaker, log } = running;
  speaker.addPeer(peerOptions(peer.port));
  await log.find('Established', (event) => event.kind === 'sessionState' && event.state === 'established');
  await speaker.stop({ mode: 'silent' });
  await peer.log.find('the close', (seen) => seen.kind === 'closed');
  assert.ok(!peer.messages.some((message) => message.kind === 'notification'));
});

void test('after a lost connection the peer is dialled again and hears everything again', options, async () => {
  await using peer = await ListeningPeer.start({ asn: 65000 });
  await using running = startSpeaker();
  const { speaker, log } = running;
  speaker.addPeer(peerOptions(peer.port, { retryMinMs: 10 }));
  speaker.setDesired('198.51.100.1/32', { nextHop: 'self' }, 'healthy');
  const isUpdate = (event: SpeakerEvent): boolean => event.kind === 'updateSent';
  await log.find('the announcement', isUpdate);
  const count = log.events.length;
  const connected = await peer.log.find('the connection', (seen) => seen.kind === 'connected');
  if (connected.kind === 'connected') connected.socket.destroy();
  await log.find('the announcement again', isUpdate, count);
});

void test('a ROUTE-REFRESH is answered with all routes of its family', options, async () => {
  await using peer = await ListeningPeer.start({ asn: 65000 });
  await using running = startSpeaker();
  const { speaker, log } = running;
  speaker.addPeer(peerOptions(peer.port));
  speaker.setDesired('2001:db8::/48', { nextHop: '2001:db8::1' }, 'healthy');
  await log.find('the announcement', (event) => event.kind === 'updateSent');
  const count = log.events.length;
  peer.send(encodeRouteRefresh({ afi: 2, subtype: 0, safi: 1 }));
  const again = await log.find('the announcement again', (event) => event.kind === 'updateSent', count);
  assert.equal(again.text, 'announced 2001:db8::/48 to peer: the peer asked for a refresh');
});

void test('a removed peer gets Cease 6/3 and its name is free again', options, async () => {
  await using peer = await ListeningPeer.start({ asn: 65000 });
  await using running = startSpeaker();
  const { speaker, log } = running;
  speaker.addPeer(peerOptions(peer.port));
  assert.deepEqual(speaker.addPeer(peerOptions(peer.port)), {
    ok: false,
    fault: 'cannot add peer "peer": there is one of this name',
  });
  await log.find('Established', (event) => event.kind === 'sessionState' && event.state === 'established');
  assert.equal(speaker.removePeer('peer'), true);
  assert.equal(speaker.removePeer('peer'), false);
  await peer.message('Cease 6/3', (message) => message.kind === 'notification' && message.subcode === 3);
  assert.ok(speaker.addPeer(peerOptions(peer.port)).ok);
});

void test('a peer that refuses the connection is reported with the reason', options, async () => {
  const port = await freePort();
  await using running = startSpeaker();
  const { speaker, log } = running;
  speaker.addPeer(peerOptions(port));
  const idle = await log.find('idle', (event) => event.kind === 'sessionState' && event.state === 'idle');
  assert.equal(idle.text, `BGP session with peer: idle, connect ECONNREFUSED 127.0.0.1:${port}`);
});

void test('a peer that is silent after connecting delays no other', options, async () => {
  await using silent = await ListeningPeer.start({ asn: 65000, doesHandshake: false });
  await using lively = await ListeningPeer.start({ asn: 65000 });
  await using running = startSpeaker();
  const { speaker, log } = running;
  speaker.addPeer(peerOptions(silent.port, { name: 'silent' }));
  speaker.addPeer(peerOptions(lively.port, { name: 'lively' }));
  speaker.setDesired('198.51.100.1/32', { nextHop: 'self' }, 'healthy');
  await lively.message('UPDATE', (message) => message.kind === 'update');
  await silent.message('OPEN', (message) => message.kind === 'open');
  const { peers } = await speaker.snapshot();
  assert.deepEqual(
    peers.map((peer) => [peer.name, peer.state]),
    [
      ['silent', 'openSent'],
      ['lively', 'established'],
    ],
  );
  silent.send(encodeKeepalive());
  await log.find('NOTIFICATION 5/1', (event) => event.kind === 'notification' && event.code === 5);
});

void test('faulty options are refused with the option, the value and what was expected', () => {
  const speaker = new Speaker({ onEvent: () => undefined });
  const fault = (changes: Partial<PeerOptions>): string => {
    const added = speaker.addPeer(peerOptions(179, changes));
    return added.ok ? 'no fault' : added.fault;
  };
  assert.equal(fault({ address: 'router' }), 'address "router" is not an IP address');
  assert.equal(
    fault({ routerId: '0.0.0.0' }),
    'routerId "0.0.0.0" is not written like an IPv4 address other than 0.0.0.0',
  );
  assert.equal(fault({ localAddress: '::1' }), 'localAddress "::1" and address "127.0.0.1" are of different families');
  assert.equal(fault({ holdTimeSeconds: 2 }), 'holdTimeSeconds 2 is not a whole number from 3 to 65535');
  assert.equal(fault({ peerAsn: 0 }), 'peerAsn 0 is not a whole number from 1 to 4294967295');
  assert.equal(fault({ port: 65536 }), 'port 65536 is not a whole number from 1 to 65535');
  assert.equal(fault({ retryMaxMs: 5 }), 'retryMaxMs 5 is not a whole number from 1000 to 86400000');
  assert.equal(fault({ families: [] }), 'families is empty');
});

void test('the death of the worker is an event, later calls are refused, and stop still ends', options, async () => {
  const log = new EventLog<SpeakerEvent>();
  const worker = new Worker("setTimeout(() => { throw new Error('out of luck'); }, 0)", { eval: true });
  const speaker = new WorkerSpeaker(worker, log.add);
  const died = await log.find('the end', (event) => event.kind === 'ended');
  assert.equal(died.text, 'the BGP worker ended: out of luck; all its sessions are gone');
  assert.deepEqual(speaker.addPeer(peerOptions(179)), {
    ok: false,
    fault: 'cannot add peer "peer": the BGP worker ended: out of luck',
  });
  assert.equal(speaker.setDesired('198.51.100.1/32', null, 'x').ok, false);
  assert.deepEqual(await speaker.snapshot(), { peers: [], desired: [] });
  await speaker.stop({ mode: 'silent' });
});

void test('a worker that does not answer is terminated on stop', options, async () => {
  const log = new EventLog<SpeakerEvent>();
  const worker = new Worker("require('node:worker_threads').parentPort.on('message', () => { for (;;); })", {
    eval: true,
  });
  const speaker = new WorkerSpeaker(worker, log.add);
  const snapshot = speaker.snapshot();
  await speaker.stop({ mode: 'silent' });
  assert.deepEqual(await snapshot, { peers: [], desired: [] });
  assert.deepEqual(log.events, []);
});
