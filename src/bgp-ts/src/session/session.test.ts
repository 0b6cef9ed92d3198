import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeFrame } from '../wire/framer.ts';
import { encodeKeepalive, encodeRouteRefresh } from '../wire/message.ts';
import { encodeNotification } from '../wire/notification.ts';
import { encodeUpdate, endOfRib } from '../wire/update-encode.ts';
import { Bench, ipv4, localAddress, open } from './session.fixture.ts';
import type { SessionInput, SessionStateName } from './types.ts';

const header = (length: number, type: number): Uint8Array =>
  Uint8Array.from([...Array<number>(16).fill(0xff), length >> 8, length & 0xff, type]);

void test('a session dials, exchanges OPEN and KEEPALIVE, and is established', () => {
  const bench = new Bench();
  assert.deepEqual(bench.step({ kind: 'start' }), ['stopped -> connect: started', 'connect 1']);
  assert.deepEqual(bench.step({ kind: 'connected', connection: 1, localAddress }), [
    'send open',
    'connect -> openSent: TCP connection from 192.0.2.1 is up',
  ]);
  assert.deepEqual(bench.receive(open()), [
    'send keepalive',
    'openSent -> openConfirm: peer 192.0.2.254 sent an acceptable OPEN',
  ]);
  assert.deepEqual(bench.receive(encodeKeepalive()), [
    'openConfirm -> established: eBGP with 192.0.2.254, hold time 90 s, ipv4-unicast',
    'up: hold 90000, ipv4-unicast',
  ]);
});

const notifications: readonly {
  readonly name: string;
  readonly state: SessionStateName;
  readonly bytes: Uint8Array;
  readonly answer: string;
}[] = [
  {
    name: 'marker not all ones',
    state: 'openSent',
    bytes: new Uint8Array(19),
    answer: '1/1',
  },
  { name: 'length under 19', state: 'openSent', bytes: header(18, 4), answer: '1/2 0012' },
  { name: 'length over 4096', state: 'established', bytes: header(4097, 2), answer: '1/2 1001' },
  { name: 'OPEN under 29', state: 'openSent', bytes: header(28, 1), answer: '1/2 001c' },
  { name: 'UPDATE under 23', state: 'established', bytes: header(22, 2), answer: '1/2 0016' },
  { name: 'NOTIFICATION under 21', state: 'established', bytes: header(20, 3), answer: '1/2 0014' },
  { name: 'KEEPALIVE not 19', state: 'established', bytes: header(20, 4), answer: '1/2 0014' },
  { name: 'ROUTE-REFRESH not 23', state: 'established', bytes: header(24, 5), answer: '1/2 0018' },
  { name: 'unknown type', state: 'established', bytes: header(19, 6), answer: '1/3 06' },
  { name: 'version 3', state: 'openSent', bytes: open({ version: 3 }), answer: '2/1 0004' },
  { name: 'another AS, four octets', state: 'openSent', bytes: open({ asn: 65009 }), answer: '2/2 0000fdf1' },
  {
    name: 'another AS, two octets',
    state: 'openSent',
    bytes: open({ asn: 65009, capabilities: [ipv4] }),
    answer: '2/2 fdf1',
  },
  { name: 'AS 0', state: 'openSent', bytes: open({ asn: 0 }), answer: '2/2 00000000' },
  { name: 'identifier 0', state: 'openSent', bytes: open({ identifier: '0.0.0.0' }), answer: '2/3' },
  { name: 'multicast identifier', state: 'openSent', bytes: open({ identifier: '224.0.0.5' }), answer: '2/3' },
  {
    name: 'unknown optional parameter',
    state: 'openSent',
    bytes: encodeFrame(1, Uint8Array.of(4, 0xfd, 0xe8, 0, 90, 192, 0, 2, 254, 2, 1, 0)),
    answer: '2/4',
  },
  {
    name: 'capability that overruns its parameter',
    state: 'openSent',
    bytes: encodeFrame(1, Uint8Array.of(4, 0xfd, 0xe8, 0, 90, 192, 0, 2, 254, 4, 2, 2, 65, 4)),
    answer: '2/0',
  },
  {
    name: 'optional parameters that overrun the message',
    state: 'openSent',
    bytes: encodeFrame(1, Uint8Array.of(4, 0xfd, 0xe8, 0, 90, 192, 0, 2, 254, 200, 2, 0)),
    answer: '2/0',
  },
  { name: 'hold time 1', state: 'openSent', bytes: open({ holdTimeSeconds: 1 }), answer: '2/6 0001' },
  { name: 'hold time 2', state: 'openSent', bytes: open({ holdTimeSeconds: 2 }), answer: '2/6 0002' },
  {
    name: 'no family in common',
    state: 'openSent',
    bytes: open({
      capabilities: [
        { kind: 'multiprotocol', afi: 1, safi: 128 },
        { kind: 'fourOctetAs', asn: 65000 },
      ],
    }),
    answer: '2/7 010400010001010400020001',
  },
  {
    name: 'attribute length past the end',
    state: 'established',
    bytes: encodeFrame(2, Uint8Array.of(0, 0, 0, 9)),
    answer: '3/1',
  },
  {
    name: 'prefix length over 32',
    state: 'established',
    bytes: encodeFrame(2, Uint8Array.of(0, 2, 33, 1, 0, 0)),
    answer: '3/10',
  },
  { name: 'KEEPALIVE in OpenSent', state: 'openSent', bytes: encodeKeepalive(), answer: '5/1 04' },
  {
    name: 'UPDATE in OpenConfirm',
    state: 'openConfirm',
    bytes: encodeUpdate(endOfRib('ipv4-unicast'), true),
    answer: '5/2 02',
  },
  { name: 'OPEN in OpenConfirm', state: 'openConfirm', bytes: open(), answer: '5/2 01' },
  { name: 'OPEN in Established', state: 'established', bytes: open(), answer: '5/3 01' },
];

for (const { name, state, bytes, answer } of notifications) {
  void test(`${name} is answered with NOTIFICATION ${answer}, flushed before the close`, () => {
    const bench = new Bench().reach(state);
    const [sent, event, closed, changed] = bench.receive(bytes);
    assert.equal(sent, `send notification ${answer}`);
    assert.equal(event, `sent ${answer.split(' ')[0] ?? ''}`);
    assert.equal(closed, 'close 1 after flush');
    assert.match(changed ?? '', new RegExp(`^${state} -> idle: `));
  });
}

void test('our own identifier is refused inside our AS and accepted from another', () => {
  const internal = new Bench({ peerAsn: 65001 });
  internal.reach('openSent');
  assert.equal(internal.receive(open({ asn: 65001, identifier: '192.0.2.1' }))[0], 'send notification 2/3');
  const external = new Bench().reach('openSent');
  assert.equal(external.receive(open({ identifier: '192.0.2.1' }))[0], 'send keepalive');
});

void test('a NOTIFICATION, whatever its code, is never answered', () => {
  for (const state of ['openSent', 'openConfirm', 'established'] as const) {
    const bench = new Bench().reach(state);
    const effects = bench.receive(encodeNotification({ code: 99, subcode: 7, data: Uint8Array.of(1) }));
    assert.deepEqual(effects, [
      'received 99/7',
      'close 1 after flush',
      `${state} -> idle: peer sent error 99, subcode 7`,
    ]);
  }
});

void test('the smaller hold time counts, and a keepalive goes out every third of it', () => {
  const bench = new Bench({ holdTimeSeconds: 9 }).reach('established');
  const sentAtMs: number[] = [];
  for (let count = 0; count < 2; count++) {
    assert.deepEqual(bench.wait(), ['send keepalive']);
    sentAtMs.push(bench.nowMs);
  }
  assert.deepEqual(sentAtMs, [3000, 6000]);
  bench.step({ kind: 'written', connection: 1, pendingBytes: 0 });
});

void test('jitter makes keepalives earlier by up to a quarter, never more than one a second', () => {
  const keepaliveMs = (holdTimeSeconds: number): number | undefined =>
    new Bench({ holdTimeSeconds, random: () => 0 }).reach('established').session.nextDeadlineMs();
  assert.equal(keepaliveMs(9), 2250);
  assert.equal(keepaliveMs(3), 1000);
});

void test('hold time 0 means no timer at all', () => {
  const bench = new Bench({ holdTimeSeconds: 0, allowHoldTimeZero: true }).reach('established');
  assert.equal(bench.session.nextDeadlineMs(), undefined);
});

void test('KEEPALIVE and UPDATE restart the hold timer, silence ends the session with 4/0', () => {
  const bench = new Bench({ holdTimeSeconds: 3 }).reach('established');
  bench.nowMs = 2900;
  bench.receive(encodeKeepalive());
  bench.nowMs = 5800;
  bench.receive(encodeUpdate(endOfRib('ipv4-unicast'), true));
  bench.nowMs = 8700;
  assert.deepEqual(bench.step({ kind: 'timer' }), ['send keepalive']);
  bench.nowMs = 8800;
  assert.deepEqual(bench.step({ kind: 'timer' }), [
    'send notification 4/0',
    'sent 4/0',
    'close 1 after flush',
    'established -> idle: hold timer expired: nothing heard for 3 s',
  ]);
});

void test('a peer that never sends OPEN is given up after four minutes', () => {
  const bench = new Bench().reach('openSent');
  assert.equal(bench.wait()[0], 'send notification 4/0');
  assert.equal(bench.nowMs, 240_000);
});

void test('a peer that stops reading is given up with 8/0 once the send hold time is over', () => {
  const bench = new Bench({ holdTimeSeconds: 0, allowHoldTimeZero: true, sendHoldTimeMs: 5000 }).reach('established');
  assert.ok(bench.session.sendUpdates(encodeUpdate(endOfRib('ipv4-unicast'), true), bench.nowMs) !== undefined);
  bench.nowMs = 4000;
  bench.step({ kind: 'written', connection: 1, pendingBytes: 10 });
  assert.equal(bench.session.nextDeadlineMs(), 9000);
  assert.deepEqual(bench.wait(), [
    'send notification 8/0',
    'sent 8/0',
    'close 1 after flush',
    'established -> idle: send hold timer expired: the peer stopped reading',
  ]);
});

void test('UPDATEs are sent while established and at no other time, and no UPDATEs are nothing', () => {
  const update = encodeUpdate(endOfRib('ipv4-unicast'), true);
  const confirming = new Bench().reach('openConfirm');
  assert.equal(confirming.session.sendUpdates(update, confirming.nowMs), undefined);
  const bench = new Bench().reach('established');
  const deadlineMs = bench.session.nextDeadlineMs();
  assert.equal(bench.session.sendUpdates(new Uint8Array(0), bench.nowMs), undefined);
  assert.equal(bench.session.nextDeadlineMs(), deadlineMs);
  const sent = bench.session.sendUpdates(update, bench.nowMs);
  assert.deepEqual(sent, { kind: 'send', connection: bench.connection, bytes: update });
});

void test('waits between attempts double from 1 s to 30 s, also after a session that fails at once', () => {
  const bench = new Bench();
  bench.step({ kind: 'start' });
  const waitsMs: number[] = [];
  const lose = (): void => {
    bench.step({ kind: 'disconnected', connection: bench.connection, reason: 'refused' });
    const startMs = bench.nowMs;
    bench.wait();
    waitsMs.push(bench.nowMs - startMs);
  };
  const establish = (): void => {
    bench.step({ kind: 'connected', connection: bench.connection, localAddress });
    bench.receive(open(), encodeKeepalive());
    assert.equal(bench.session.state.kind, 'established');
  };
  lose();
  lose();
  establish();
  lose();
  for (let attempt = 0; attempt < 4; attempt++) lose();
  assert.deepEqual(waitsMs, [1000, 2000, 4000, 8000, 16000, 30000, 30000]);
  establish();
  bench.nowMs += 30_000;
  lose();
  assert.equal(waitsMs.at(-1), 1000);
});

void test('the wait before an attempt is drawn anew from three quarters to the whole', () => {
  const draws = [0, 0.5, 0.25];
  const bench = new Bench({ retryMaxMs: 1000, random: () => draws.shift() ?? 0 });
  bench.step({ kind: 'start' });
  const waitsMs = [0, 1, 2].map(() => {
    bench.step({ kind: 'disconnected', connection: bench.connection, reason: 'refused' });
    const startMs = bench.nowMs;
    bench.wait();
    return bench.nowMs - startMs;
  });
  assert.deepEqual(waitsMs, [750, 875, 812]);
});

void test('an attempt that hangs is given up', () => {
  const bench = new Bench().reach('connect');
  assert.deepEqual(bench.wait(), ['close 1', 'connect -> idle: no TCP connection within 10000 ms']);
});

void test('late news of a former connection changes nothing', () => {
  const bench = new Bench().reach('connect');
  bench.wait();
  bench.wait();
  assert.deepEqual(bench.step({ kind: 'connected', connection: 1, localAddress }), []);
  assert.deepEqual(bench.step({ kind: 'disconnected', connection: 1, reason: 'late' }), []);
  assert.deepEqual(bench.step({ kind: 'received', connection: 1, bytes: open() }), []);
});

void test('stop says why by Cease 6/2, removal by 6/3, and silence says nothing', () => {
  const stop = (how: Extract<SessionInput, { readonly kind: 'stop' }>['how']): readonly string[] =>
    new Bench().reach('established').step({ kind: 'stop', how });
  assert.deepEqual(stop({ mode: 'administrative', text: 'bye' }), [
    'send notification 6/2 03627965',
    'sent 6/2',
    'close 1 after flush',
    'established -> stopped: bye',
  ]);
  assert.equal(stop({ mode: 'administrative', text: '' })[0], 'send notification 6/2');
  assert.equal(stop({ mode: 'deconfigured' })[0], 'send notification 6/3');
  assert.deepEqual(stop({ mode: 'silent' }), [
    'close 1 after flush',
    'established -> stopped: closed without a NOTIFICATION',
  ]);
});

void test('a refresh of a family in use is asked for, one of another family is ignored', () => {
  const bench = new Bench().reach('established');
  assert.deepEqual(bench.receive(encodeRouteRefresh({ afi: 1, subtype: 0, safi: 1 })), ['refresh ipv4-unicast']);
  assert.deepEqual(bench.receive(encodeRouteRefresh({ afi: 2, subtype: 0, safi: 1 })), []);
});

void test('a faulty attribute costs the routes, not the session', () => {
  const bench = new Bench().reach('established');
  const originThree = [0x40, 1, 1, 3, 0x40, 2, 0, 0x40, 3, 4, 192, 0, 2, 9];
  const body = Uint8Array.of(0, 0, 0, originThree.length, ...originThree, 24, 198, 51, 100);
  assert.deepEqual(bench.receive(encodeFrame(2, body)), ['update treat-as-withdraw']);
  assert.equal(bench.session.state.kind, 'established');
});

void test('a peer that names no family means IPv4 unicast', () => {
  const bench = new Bench().reach('openSent');
  bench.receive(open({ capabilities: [] }));
  assert.equal(bench.receive(encodeKeepalive())[1], 'up: hold 90000, ipv4-unicast');
});
