/** BFD speakers on what needs no peer: options, refusals, and a worker that dies. test/bfd-*.test.ts has the peers. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import test from 'node:test';
import { Worker } from 'node:worker_threads';
import { refuse } from '../result.ts';
import { LatenessGuard } from './lateness.ts';
import { checkBfdOptions } from './options.ts';
import { SessionTable } from './session-table.ts';
import { InThreadBfd } from './speaker.ts';
import { ttlProgram } from './ttl-filter.ts';
import type { BfdEvent, BfdSessionOptions } from './types.ts';
import { WorkerBfd } from './worker-bfd.ts';

const withoutKoffi = refuse('koffi does not load: there is none');

test('defaults are 500 ms × 4, single hop, and the address as name', () => {
  const checked = checkBfdOptions({ address: '2001:DB8:0::1' });
  assert.deepEqual(checked, {
    ok: true,
    value: {
      name: '2001:db8::1',
      address: '2001:db8::1',
      localAddress: undefined,
      device: undefined,
      isMultihop: false,
      intervalMs: 500,
      multiplier: 4,
    },
  });
});

test('options that cannot work are refused with what was given and what is expected', () => {
  const address = '192.0.2.1';
  const cases: readonly (readonly [BfdSessionOptions, RegExp])[] = [
    [{ address: 'router' }, /^address: "router" is not an IP address$/],
    [{ address, localAddress: '1.2.3' }, /^BFD session "192\.0\.2\.1": localAddress: "1\.2\.3" is not an IP address$/],
    [{ address, localAddress: '::1' }, /localAddress: ::1 is of another family than 192\.0\.2\.1$/],
    [{ address, device: 'a-very-long-name' }, /device: "a-very-long-name" is not the name of an interface/],
    [{ address: 'fe80::1' }, /device: missing, and fe80::1 is link-local$/],
    [{ address, intervalMs: 49 }, /intervalMs: 49 is not 50 to 60000$/],
    [{ address, intervalMs: NaN }, /intervalMs: NaN is not 50 to 60000$/],
    [{ address, intervalMs: 299 }, /intervalMs: 299 is under 300, .*; allowFast permits it$/],
    [{ address, multiplier: 1 }, /multiplier: 1 is not a whole number from 2 to 255$/],
    [{ address, multiplier: 2.5 }, /multiplier: 2\.5 is not a whole number from 2 to 255$/],
  ];
  for (const [options, fault] of cases) {
    const checked = checkBfdOptions(options);
    assert.match(checked.ok ? 'accepted' : checked.fault, fault);
  }
  assert.ok(checkBfdOptions({ address, intervalMs: 50, allowFast: true }).ok);
});

test('without koffi a single-hop session is refused unless it may run unfiltered, and a device always', async () => {
  const events: BfdEvent[] = [];
  const onEvent = (event: BfdEvent): number => events.push(event);
  const strict = new InThreadBfd({ onEvent }, withoutKoffi);
  assert.deepEqual(
    strict.addSession({ address: '127.0.0.1' }),
    refuse(
      'cannot add BFD session "127.0.0.1": packets with a TTL under 255 cannot be kept out: ' +
        'koffi does not load: there is none; allowUnfiltered permits it',
    ),
  );
  const lenient = new InThreadBfd({ onEvent, allowUnfiltered: true }, withoutKoffi);
  const device = lenient.addSession({ address: '127.0.0.1', device: 'lo' });
  assert.match(device.ok ? '' : device.fault, /cannot be bound to a device: koffi does not load/);
  assert.equal(events.length, 0);
  assert.ok(lenient.addSession({ address: '127.0.0.1', localAddress: '127.0.0.1' }).ok);
  assert.match(events[0]?.text ?? '', /^BFD takes packets of any TTL, which RFC 5881 forbids: koffi does not load/);
  await lenient.stop({ isSilent: false });
  await strict.stop({ isSilent: false });
});

test('a name or a peer that is there already is refused, and so is everything after the stop', async () => {
  const speaker = new InThreadBfd({ onEvent: () => undefined, allowUnfiltered: true }, withoutKoffi);
  const options = { address: '127.0.0.1', localAddress: '127.0.0.1', name: 'a' };
  assert.ok(speaker.addSession(options).ok);
  assert.deepEqual(speaker.addSession(options), refuse('cannot add BFD session "a": there is one of this name'));
  assert.deepEqual(
    speaker.addSession({ ...options, name: 'b' }),
    refuse('cannot add BFD session "b": session "a" is with this peer already'),
  );
  assert.equal(speaker.removeSession('b'), false);
  assert.ok(speaker.removeSession('a'));
  assert.ok(speaker.addSession({ ...options, name: 'b' }).ok);
  assert.deepEqual(
    (await speaker.snapshot()).map(({ name, state }) => [name, state]),
    [['b', 'down']],
  );
  await speaker.stop({ isSilent: true });
  assert.deepEqual(speaker.addSession(options), refuse('cannot add BFD session "a": the speaker is stopped'));
});

test('the end of a worker is told, and refuses what comes after', async () => {
  const worker = new Worker('process.exit(3)', { eval: true });
  const ended = Promise.withResolvers<BfdEvent>();
  const speaker = new WorkerBfd(worker, ended.resolve);
  const waiting = speaker.snapshot();
  assert.deepEqual(await ended.promise, {
    kind: 'ended',
    text: 'the BFD worker ended: exit code 3; all its sessions are gone',
  });
  assert.deepEqual(await waiting, []);
  assert.deepEqual(
    speaker.addSession({ address: '192.0.2.1' }),
    refuse('cannot add BFD session "192.0.2.1": the BFD worker ended: exit code 3'),
  );
  await speaker.stop({ isSilent: true });
});

test('what the worker refuses is told, and the name is free again', async () => {
  const source = `
    const { parentPort } = require('node:worker_threads');
    parentPort.on('message', ({ kind, name }) => {
      if (kind === 'addSession') parentPort.postMessage({ kind: 'refused', name, fault: 'no room' });
      if (kind === 'stop') parentPort.close();
    });`;
  const worker = new Worker(source, { eval: true });
  const events: BfdEvent[] = [];
  const speaker = new WorkerBfd(worker, (event) => events.push(event));
  assert.ok(speaker.addSession({ address: '192.0.2.1' }).ok);
  const twice = speaker.addSession({ address: '192.0.2.1' });
  assert.match(twice.ok ? '' : twice.fault, /there is one of this name$/);
  await once(worker, 'message');
  assert.deepEqual(events, [{ kind: 'error', text: 'no room' }]);
  assert.ok(speaker.addSession({ address: '192.0.2.1' }).ok);
  await speaker.stop({ isSilent: true });
});

test('packets find their session by discriminator from the right place, or by place alone', () => {
  const table = new SessionTable<string>();
  assert.ok(table.add('a', 5, { listener: 'v4', source: '192.0.2.1' }));
  assert.equal(table.add('b', 5, { listener: 'v4', source: '192.0.2.2' }), false);
  assert.equal(table.add('b', 6, { listener: 'v4', source: '192.0.2.1' }), false);
  assert.equal(table.find(5, 'v4', '192.0.2.1'), 'a');
  assert.equal(table.find(0, 'v4', '192.0.2.1'), 'a');
  for (const [discriminator, listener, source] of [
    [6, 'v4', '192.0.2.1'],
    [5, 'v4', '192.0.2.2'],
    [5, 'v4 eth0', '192.0.2.1'],
    [0, 'v4 eth0', '192.0.2.1'],
  ] as const) {
    assert.equal(table.find(discriminator, listener, source), undefined);
  }
  table.remove(5);
  assert.equal(table.find(0, 'v4', '192.0.2.1'), undefined);
});

test('three late turns in a row double the interval up to eightfold, and two quiet minutes halve it', () => {
  const guard = new LatenessGuard();
  const factors = [];
  for (let nowMs = 1000; nowMs <= 12_000; nowMs += 1000) {
    guard.tick(301, 300, nowMs);
    factors.push(guard.factor);
  }
  assert.deepEqual(factors, [1, 1, 2, 2, 2, 4, 4, 4, 8, 8, 8, 8]);
  assert.equal(guard.lateTicks, 12);
  guard.tick(0, 300, 131_999);
  assert.equal(guard.factor, 8);
  guard.tick(0, 300, 132_000);
  guard.tick(0, 300, 251_999);
  assert.equal(guard.factor, 4);
  guard.tick(0, 300, 252_000);
  assert.equal(guard.factor, 2);
});

test('late turns that are rare change nothing', () => {
  const guard = new LatenessGuard();
  for (let turn = 1; turn <= 100; turn++) guard.tick(599, 300, turn * 30_000);
  assert.deepEqual([guard.factor, guard.lateTicks], [1, 100]);
  guard.tick(300, 300, 1e7);
  assert.equal(guard.lateTicks, 100);
});

test('turns that are two intervals late are chronic sooner, and one alone is not', () => {
  const guard = new LatenessGuard();
  guard.tick(5000, 300, 1000);
  assert.equal(guard.factor, 1);
  guard.tick(601, 300, 2000);
  assert.equal(guard.factor, 2);
});

test('the interval is not shortened while turns are half a configured interval late', () => {
  const guard = new LatenessGuard();
  for (const nowMs of [0, 1, 2]) guard.tick(301, 300, nowMs);
  guard.tick(151, 600, 119_000);
  guard.tick(0, 600, 238_999);
  assert.equal(guard.factor, 2);
  guard.tick(0, 600, 239_000);
  assert.equal(guard.factor, 1);
});

test('the filter loads the TTL or the hop limit, and returns nothing unless it is 255', () => {
  // ldb [SKF_NET_OFF + 8]; jeq #255, 0, 1; ret #65535; ret #0 — as tcpdump's assembler and filter.h have them.
  const tail = '15000001ff000000' + '06000000ffff0000' + '0600000000000000';
  assert.equal(Buffer.from(ttlProgram('ipv4')).toString('hex'), `300000000800f0ff${tail}`);
  assert.equal(Buffer.from(ttlProgram('ipv6')).toString('hex'), `300000000700f0ff${tail}`);
});
