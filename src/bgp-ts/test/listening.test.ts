import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PeerOptions, SpeakerEvent } from '../src/index.ts';
import { createWorkerSpeaker, Speaker } from '../src/index.ts';
import { nodeTransport } from '../src/socket/node.ts';
import type { DialOptions, Transport } from '../src/socket/transport.ts';
import { freePort } from './free-port.ts';
import { ListeningPeer } from './listening-peer.ts';
import { startSpeaker, startSpeakerBy } from './running-speaker.ts';
import { eventually } from './wait.ts';

const options = { timeout: 30_000 };

function peerOptions(port: number, changes: Partial<PeerOptions> = {}): PeerOptions {
  return {
    name: 'peer',
    address: '127.0.0.1',
    port,
    localAddress: '127.0.0.1',
    peerAsn: 65000,
    localAsn: 65001,
    routerId: '192.0.2.1',
    retryMinMs: 50,
    retryMaxMs: 200,
    ...changes,
  };
}

/** The same link from the other side. */
function otherSide(port: number, changes: Partial<PeerOptions> = {}): PeerOptions {
  return peerOptions(port, { peerAsn: 65001, localAsn: 65000, routerId: '192.0.2.254', ...changes });
}

function isEstablished(event: SpeakerEvent): boolean {
  return event.kind === 'sessionState' && event.state === 'established';
}

for (const where of ['in this thread', 'in a worker'] as const) {
  void test(`two speakers ${where} meet, one waiting, with a key and GTSM`, options, async () => {
    const port = await freePort();
    const make = (onEvent: (event: SpeakerEvent) => void) =>
      where === 'in a worker' ? createWorkerSpeaker({ onEvent }) : new Speaker({ onEvent });
    await using dialing = startSpeakerBy(make);
    await using waiting = startSpeakerBy(make);
    const socket = { md5Key: 'key', ttlSecurityHops: 1 };
    assert.ok(waiting.speaker.addPeer(peerOptions(1, { connection: 'passive', socket })).ok);
    assert.deepEqual(await waiting.speaker.listen({ address: '127.0.0.1', port }), { ok: true, value: undefined });
    waiting.speaker.setDesired('198.51.100.1/32', { nextHop: 'self' }, 'healthy');
    assert.ok(dialing.speaker.addPeer(otherSide(port, { socket })).ok);
    await waiting.log.find('Established where we wait', isEstablished);
    await dialing.log.find('Established where we dial', isEstablished);
    const told = await waiting.log.find('the announcement', (event) => event.kind === 'updateSent');
    assert.equal(told.text, 'announced 198.51.100.1/32 to peer: the session is new');
  });
}

void test('a port that is taken, a bad address and a stopped speaker are refused by name', options, async () => {
  await using other = await ListeningPeer.start({ asn: 65000 });
  await using running = startSpeaker();
  const { speaker } = running;
  const fault = async (address: string, port: number): Promise<string> => {
    const result = await speaker.listen({ address, port });
    return result.ok ? 'no fault' : result.fault;
  };
  const where = `cannot listen on 127.0.0.1 port ${other.port}`;
  const inUse = `listen EADDRINUSE: address already in use 127.0.0.1:${other.port}`;
  assert.equal(await fault('127.0.0.1', other.port), `${where}: ${inUse}`);
  assert.equal(await fault('here', 1179), 'cannot listen on here port 1179: the address is not an IP address');
  assert.equal(await fault('::1', 0), 'cannot listen on ::1 port 0: ports are 1 to 65535');
  await speaker.stop({ mode: 'silent' });
  assert.equal(await fault('::1', 1179), 'cannot listen on ::1: the speaker is stopped');
});

for (const [where, make] of [
  ['in this thread', () => new Speaker({ onEvent: () => undefined })],
  ['in a worker', () => createWorkerSpeaker({ onEvent: () => undefined })],
] as const) {
  void test(
    `two peers of a speaker ${where} cannot wait for the same address, and a removed one makes room`,
    options,
    (test) => {
      const speaker = make();
      test.after(() => speaker.stop({ mode: 'silent' }));
      const passive = { connection: 'passive' } as const;
      assert.ok(speaker.addPeer(peerOptions(179, passive)).ok);
      assert.ok(speaker.addPeer(peerOptions(179, { name: 'dialed' })).ok);
      assert.deepEqual(speaker.addPeer(peerOptions(179, { ...passive, name: 'other' })), {
        ok: false,
        fault: 'cannot add peer "other": connections from 127.0.0.1 are those of peer "peer"',
      });
      speaker.removePeer('peer');
      assert.ok(speaker.addPeer(peerOptions(179, { ...passive, name: 'other' })).ok);
    },
  );
}

/** The system's TCP, which refuses a setting for good the first time. */
function refusingOnce(fault: string): Transport {
  let isFirst = true;
  return {
    ...nodeTransport,
    dial: (at: DialOptions, events) => {
      if (!isFirst) return nodeTransport.dial(at, events);
      isFirst = false;
      return { ok: false, fault };
    },
  };
}

void test('a refused setting stops the session for good, until the peer is added anew', options, async () => {
  await using peer = await ListeningPeer.start({ asn: 65000 });
  const fault = 'the system refuses md5Key, TCP_MD5SIG: EPERM (operation not permitted)';
  const transport = refusingOnce(fault);
  await using running = startSpeakerBy((onEvent) => new Speaker({ onEvent, transport }));
  const { speaker, log } = running;
  speaker.addPeer(peerOptions(peer.port));
  const told = await log.find('the fault', (event) => event.kind === 'error');
  assert.deepEqual(told, { kind: 'error', peer: 'peer', text: `BGP session with peer cannot run: ${fault}` });
  const { peers } = await speaker.snapshot();
  assert.deepEqual([peers[0]?.state, peers[0]?.reason], ['stopped', fault]);
  speaker.removePeer('peer');
  speaker.addPeer(peerOptions(peer.port));
  await log.find('Established', isEstablished);
});

void test('a device that is not there is told of once while the session tries on', options, async () => {
  await using running = startSpeaker();
  const { speaker, log } = running;
  speaker.addPeer(peerOptions(179, { socket: { device: 'no-such-device' } }));
  const isAttempt = (event: SpeakerEvent): boolean => event.kind === 'sessionState' && event.state === 'connect';
  await eventually('a third attempt', () => (log.events.filter(isAttempt).length >= 3 ? true : undefined));
  const troubles = log.events.filter((event) => event.kind === 'error');
  const reason = 'the system refuses device "no-such-device", SO_BINDTODEVICE: ENODEV (no such device)';
  assert.deepEqual(troubles, [
    { kind: 'error', peer: 'peer', text: `BGP session with peer cannot connect yet, and tries again: ${reason}` },
  ]);
});

void test('socket options out of range are refused without showing the key', () => {
  const speaker = new Speaker({ onEvent: () => undefined });
  const fault = (changes: Partial<PeerOptions>): string => {
    const added = speaker.addPeer(peerOptions(179, changes));
    return added.ok ? 'no fault' : added.fault;
  };
  const key = 'x'.repeat(81);
  assert.equal(fault({ socket: { md5Key: key } }), 'socket.md5Key has 81 octets of UTF-8, not 1 to 80');
  assert.equal(fault({ socket: { md5Key: '' } }), 'socket.md5Key has 0 octets of UTF-8, not 1 to 80');
  const hops = 'socket.ttlSecurityHops 255 is not a whole number from 1 to 254';
  assert.equal(fault({ socket: { ttlSecurityHops: 255 } }), hops);
  assert.equal(fault({ socket: { dscp: 64 } }), 'socket.dscp 64 is not a whole number from 0 to 63');
  const device = 'socket.device "much-too-long-device" is not the name of an interface, 1 to 15 octets';
  assert.equal(fault({ socket: { device: 'much-too-long-device' } }), device);
});
