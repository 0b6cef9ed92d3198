import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatAddress } from '../wire/address.ts';
import { encodeKeepalive } from '../wire/message.ts';
import { encodeNotification } from '../wire/notification.ts';
import { survivor } from './collision.ts';
import { address, Bench, ipv4, localAddress, open } from './session.fixture.ts';
import type { PeerOpen } from './session.fixture.ts';
import type { SessionConfig } from './types.ts';

const dialed = 1;
const accepted = -1;

/** Both connections are up and neither side's OPEN has been answered. */
function bothUp(changes: Partial<SessionConfig> = {}): Bench {
  const bench = new Bench({ connection: 'both', ...changes });
  bench.step({ kind: 'start' });
  bench.step({ kind: 'connected', connection: dialed, localAddress });
  bench.step({ kind: 'incoming', connection: accepted, localAddress });
  return bench;
}

const receive = (bench: Bench, connection: number, ...messages: readonly Uint8Array[]): readonly string[] =>
  messages.flatMap((bytes) => bench.step({ kind: 'received', connection, bytes }));

const higher: PeerOpen = { identifier: '192.0.2.254' };
const lower: PeerOpen = { identifier: '10.0.0.1' };

void test('a peer that connects is answered with OPEN, and its connection becomes the session', () => {
  const bench = new Bench({ connection: 'passive' });
  assert.deepEqual(bench.step({ kind: 'start' }), ['stopped -> active: started, the peer is to connect']);
  assert.equal(bench.session.nextDeadlineMs(), undefined);
  assert.deepEqual(bench.step({ kind: 'incoming', connection: accepted, localAddress }), [
    'send open',
    'active -> openSent: peer connected to 192.0.2.1',
  ]);
  receive(bench, accepted, open(), encodeKeepalive());
  assert.equal(bench.session.state.kind, 'established');
  bench.step({ kind: 'disconnected', connection: accepted, reason: 'closed' });
  assert.equal(bench.session.state.kind, 'active');
  assert.equal(bench.session.nextDeadlineMs(), undefined);
});

void test('a connection that is not wanted is refused with 6/5 before any OPEN', () => {
  for (const bench of [new Bench({ connection: 'active' }).reach('connect'), new Bench({ connection: 'both' })]) {
    assert.deepEqual(bench.step({ kind: 'incoming', connection: accepted, localAddress }), [
      'send notification 6/5',
      'close -1 after flush',
    ]);
  }
});

void test('the connection of the side with the higher identifier is kept, whichever OPEN comes first', () => {
  for (const [identifier, winner] of [
    [higher, accepted],
    [lower, dialed],
  ] as const) {
    for (const order of [
      [dialed, accepted],
      [accepted, dialed],
    ] as const) {
      const bench = bothUp();
      assert.deepEqual(receive(bench, order[0], open(identifier)).slice(0, 1), ['send keepalive']);
      const seen = receive(bench, order[1], open(identifier));
      const loser = winner === dialed ? accepted : dialed;
      assert.ok(seen.includes('send notification 6/7'), seen.join('\n'));
      assert.ok(seen.includes(`close ${loser} after flush`), seen.join('\n'));
      assert.equal(bench.connection, winner);
      assert.equal(bench.session.state.kind, 'openConfirm');
      receive(bench, winner, encodeKeepalive());
      assert.equal(bench.session.state.kind, 'established');
    }
  }
});

void test('while no OPEN was accepted nothing is decided', () => {
  const bench = new Bench({ connection: 'both' });
  bench.step({ kind: 'start' });
  bench.step({ kind: 'connected', connection: dialed, localAddress });
  assert.deepEqual(bench.step({ kind: 'incoming', connection: accepted, localAddress }), ['send open']);
  assert.equal(bench.session.state.kind, 'openSent');
});

void test('an established session wins against the better connection', () => {
  for (const [first, second] of [
    [dialed, accepted],
    [accepted, dialed],
  ] as const) {
    for (const identifier of [higher, lower]) {
      const bench = bothUp();
      receive(bench, first, open(identifier), encodeKeepalive());
      assert.deepEqual(receive(bench, second, open(identifier)), [
        'send notification 6/7',
        'sent 6/7',
        `close ${second} after flush`,
      ]);
      assert.equal(bench.connection, first);
      assert.equal(bench.session.state.kind, 'established');
    }
  }
});

void test('what is still dialled is abandoned once the session is up', () => {
  const bench = new Bench({ connection: 'both' }).reach('connect');
  bench.step({ kind: 'incoming', connection: accepted, localAddress });
  receive(bench, accepted, open());
  assert.ok(receive(bench, accepted, encodeKeepalive()).includes('close 1'));
  assert.deepEqual(bench.step({ kind: 'connected', connection: dialed, localAddress }), []);
  assert.equal(bench.session.state.kind, 'established');
});

void test('the peer may connect while we wait for the next attempt, which then does not come', () => {
  const bench = new Bench({ connection: 'both' }).reach('connect');
  bench.step({ kind: 'disconnected', connection: dialed, reason: 'refused' });
  assert.equal(bench.session.state.kind, 'active');
  bench.step({ kind: 'incoming', connection: accepted, localAddress });
  receive(bench, accepted, open());
  assert.deepEqual(bench.wait(), []);
  assert.equal(bench.session.state.kind, 'openConfirm');
});

void test('a peer that hangs after connecting does not keep us from dialling', () => {
  const bench = new Bench({ connection: 'both' }).reach('connect');
  bench.step({ kind: 'incoming', connection: accepted, localAddress });
  bench.step({ kind: 'disconnected', connection: dialed, reason: 'refused' });
  assert.deepEqual(bench.wait(), ['connect 2']);
});

void test('a newer connection of the peer takes the place of its unanswered one, with 6/7', () => {
  const bench = new Bench({ connection: 'passive' });
  bench.step({ kind: 'start' });
  bench.step({ kind: 'incoming', connection: -1, localAddress });
  assert.deepEqual(bench.step({ kind: 'incoming', connection: -2, localAddress }), [
    'send open',
    'send notification 6/7',
    'sent 6/7',
    'close -1 after flush',
  ]);
  receive(bench, -2, open());
  bench.step({ kind: 'incoming', connection: -3, localAddress });
  assert.equal(bench.connection, -2);
  assert.ok(receive(bench, -3, open()).includes('close -2 after flush'));
  assert.equal(bench.connection, -3);
});

void test('a loser that the peer closes first changes nothing', () => {
  const bench = bothUp();
  receive(bench, accepted, open(higher));
  const cease = encodeNotification({ code: 6, subcode: 7, data: new Uint8Array(0) });
  assert.deepEqual(receive(bench, dialed, cease), ['received 6/7', 'close 1 after flush']);
  receive(bench, accepted, encodeKeepalive());
  assert.equal(bench.session.state.kind, 'established');
});

const restart = (isRestarting: boolean): Uint8Array =>
  open({
    capabilities: [
      ipv4,
      { kind: 'fourOctetAs', asn: 65000 },
      { kind: 'gracefulRestart', isRestarting, hasNotification: false, restartTimeSeconds: 120, families: [] },
    ],
  });
const gracefulRestart = {
  restartTimeSeconds: 120,
  isForwardingPreserved: true,
  hasNotification: true,
  isRestarting: () => false,
};
const takeover = (closed: number): readonly string[] => [
  'send keepalive',
  `close ${closed} after flush`,
  'established -> openConfirm: the peer restarted',
];

/** Waits for the peer, whose first connection is up; OPENs of it have graceful restart. */
function restartable(): Bench {
  const bench = new Bench({ connection: 'both', gracefulRestart });
  bench.step({ kind: 'start' });
  bench.step({ kind: 'incoming', connection: -1, localAddress });
  receive(bench, -1, restart(false), encodeKeepalive());
  return bench;
}

void test('a peer that restarted takes over from its dead connection, which ends without a word', () => {
  const bench = restartable();
  bench.step({ kind: 'incoming', connection: -2, localAddress });
  assert.deepEqual(receive(bench, -2, restart(true)), takeover(-1));
  receive(bench, -2, encodeKeepalive());
  bench.step({ kind: 'incoming', connection: -3, localAddress });
  assert.equal(receive(bench, -3, restart(true))[0], 'send notification 6/7');
});

void test('a peer that crashes silently again and again takes over each time, whatever its R bit says', () => {
  const bench = restartable();
  for (const [index, isRestarting] of [true, true, false, true, false].entries()) {
    const connection = -2 - index;
    bench.nowMs += 10_000;
    bench.step({ kind: 'incoming', connection, localAddress });
    assert.deepEqual(receive(bench, connection, restart(isRestarting)), takeover(connection + 1));
    receive(bench, connection, encodeKeepalive());
    assert.equal(bench.session.state.kind, 'established');
  }
});

void test('a second connection wins neither right after the first, nor while the first is heard, nor without graceful restart', () => {
  const early = restartable();
  early.nowMs += 9999;
  early.step({ kind: 'incoming', connection: -2, localAddress });
  assert.equal(receive(early, -2, restart(false))[0], 'send notification 6/7');

  const heard = restartable();
  heard.nowMs += 10_000;
  heard.step({ kind: 'incoming', connection: -2, localAddress });
  receive(heard, -1, encodeKeepalive());
  assert.equal(receive(heard, -2, restart(false))[0], 'send notification 6/7');

  const plain = restartable();
  plain.nowMs += 10_000;
  plain.step({ kind: 'incoming', connection: -2, localAddress });
  assert.equal(receive(plain, -2, open())[0], 'send notification 6/7');
});

void test('equal identifiers go by AS number, identifiers as unsigned numbers', () => {
  const collision = {
    localIdentifier: address('200.0.0.1'),
    localAsn: 65001,
    peerIdentifier: address('100.0.0.9'),
    peerAsn: 65000,
    isOlderDialed: true,
    isNewerDialed: false,
  };
  assert.equal(survivor(collision), 'older');
  assert.equal(survivor({ ...collision, peerIdentifier: address('200.0.0.2') }), 'newer');
  assert.equal(survivor({ ...collision, peerIdentifier: address('200.0.0.1') }), 'older');
  assert.equal(survivor({ ...collision, peerIdentifier: address('200.0.0.1'), peerAsn: 4_200_000_000 }), 'newer');
  assert.equal(survivor({ ...collision, isOlderDialed: false, isNewerDialed: true }), 'newer');
});

void test('both sides keep the same of two connections that each of them made', () => {
  const identifier = fc.uint8Array({ minLength: 4, maxLength: 4 }).map(formatAddress);
  const asn = fc.integer({ min: 1, max: 0xffff_ffff });
  fc.assert(
    fc.property(
      identifier,
      identifier,
      asn,
      asn,
      fc.boolean(),
      fc.boolean(),
      (here, there, ours, theirs, first, second) => {
        fc.pre(here !== there || ours !== theirs);
        // Each side has its own view of which connection came to OpenConfirm first.
        const keepsOurs = (isLocal: boolean, isOlderDialed: boolean): boolean => {
          const kept = survivor({
            localIdentifier: isLocal ? here : there,
            localAsn: isLocal ? ours : theirs,
            peerIdentifier: isLocal ? there : here,
            peerAsn: isLocal ? theirs : ours,
            isOlderDialed,
            isNewerDialed: !isOlderDialed,
          });
          const isDialedKept = (kept === 'older') === isOlderDialed;
          return isLocal ? isDialedKept : !isDialedKept;
        };
        assert.equal(keepsOurs(true, first), keepsOurs(false, second));
      },
    ),
  );
});
