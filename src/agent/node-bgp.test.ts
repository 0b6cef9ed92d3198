/** A node's BGP side with a speaker and an `ip` that only write down what they are told, in one list. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import type { TestContext } from 'node:test';
import type { BfdSpeaker, BgpSpeaker } from 'bgp-ts';
import { pino } from 'pino';
import { parseIp } from '#base/ip.ts';
import type { IpAddress } from '#base/ip.ts';
import { succeed } from '#base/result.ts';
import { instructionSchema } from '#border/instruction.ts';
import type { Instruction } from '#border/instruction.ts';
import { plainBgpMachine } from '#config/bgp-machine.ts';
import type { ServiceReport } from '#health/report.ts';
import { NodeBgp } from './node-bgp.ts';

const prefix = '203.0.113.0/24';

function instruction(
  change: {
    readonly routes?: number;
    readonly loopback?: 'managed' | 'operator';
    readonly node?: string;
    readonly settleMs?: number;
  } = {},
): Instruction {
  const { routes = 1, loopback = 'managed', node = 'lb1', settleMs = 0 } = change;
  const route = {
    prefix,
    standing: 'normal',
    settings: {},
    addresses: ['203.0.113.1'],
    services: ['www'],
    reason: 'up',
  };
  const neighbor = { name: 'rt1', address: '10.66.1.1', port: 179, peerAsn: 65000, localAsn: 65010 };
  const rest = { holdTimeSeconds: 9, connection: 'active', families: ['ipv4-unicast'], extendedNextHop: false };
  return instructionSchema.parse({
    site: 'fra',
    node,
    routerId: '10.66.1.11',
    neighbors: [{ ...neighbor, ...rest }],
    routes: routes === 0 ? [] : [route],
    loopback,
    settleMs,
  });
}

const www = (state: 'up' | 'down'): ServiceReport => {
  return { service: 'www', state, reason: '', usableServers: 1, totalServers: 1, capacity: 1 };
};

function bench(context: TestContext, present: readonly string[] = []) {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-node-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const stateFile = join(folder, 'state.json');
  const addresses = new Set(present.flatMap((text) => parseIp(text) ?? []));
  const calls: string[] = [];
  const speaker: BgpSpeaker = {
    addPeer: ({ name = '' }) => succeed(name),
    removePeer: () => true,
    setDesired: () => succeed(undefined),
    setDesiredFor: (_peer, text, attributes) => {
      calls.push(`${attributes === null ? 'withdraw' : 'tell'} ${text}`);
      return succeed(undefined);
    },
    declareComplete: () => undefined,
    resetPeer: () => true,
    listen: () => Promise.resolve(succeed(undefined)),
    snapshot: () => Promise.resolve({ peers: [], desired: [] }),
    stop: ({ mode }) => {
      calls.push(`stop ${mode}`);
      return Promise.resolve();
    },
  };
  const bfd: BfdSpeaker = {
    addSession: ({ name = '' }) => succeed(name),
    removeSession: () => true,
    snapshot: () => Promise.resolve([]),
    stop: () => Promise.resolve(),
  };
  /** One run of the agent; runs after another share the state file and the node. */
  const start = (boot = 'a boot'): NodeBgp =>
    new NodeBgp({
      boot,
      site: 'fra',
      node: 'lb1',
      machine: plainBgpMachine,
      stateFile,
      log: pino({ level: 'silent' }),
      onChange: () => undefined,
      readAddresses: () => addresses,
      runIp: (args) => {
        calls.push(`ip ${args.slice(1, 3).join(' ')}`);
        // The second argument but one is an address that the caller had as one.
        const address = (args[2] ?? '').replace(/\/\d+$/, '') as IpAddress;
        if (args[1] === 'add') addresses.add(address);
        else addresses.delete(address);
        return Promise.resolve(succeed(undefined));
      },
      create: { createSpeaker: () => speaker, createBfd: () => bfd },
    });
  return { start, addresses, seen: () => calls.splice(0) };
}

test('R16: a managed address is on the loopback before its route is told, and goes after the withdrawal', async (context) => {
  const { start, seen } = bench(context);
  const node = start();
  node.take(instruction());
  await node.settled();
  assert.deepEqual(seen(), ['ip add 203.0.113.1/32', `tell ${prefix}`]);
  await node.leave('stopping');
  const after = seen();
  assert.deepEqual(after.slice(-3), [`withdraw ${prefix}`, 'stop administrative', 'ip del 203.0.113.1/32']);
});

test('an address that the operator put there is left alone', async (context) => {
  const { start, seen, addresses } = bench(context, ['203.0.113.1']);
  const node = start();
  node.take(instruction());
  await node.settled();
  await node.leave('stopping');
  assert.ok(!seen().some((call) => call.startsWith('ip ')));
  assert.equal(addresses.size, 1);
});

test('R16: a route whose address is missing does not begin where the operator cares for the loopback', async (context) => {
  const { start, seen, addresses } = bench(context);
  const node = start();
  node.take(instruction({ loopback: 'operator' }));
  await node.settled();
  assert.deepEqual(seen(), []);
  const put = parseIp('203.0.113.1');
  assert.ok(put !== undefined);
  addresses.add(put);
  node.take(instruction({ loopback: 'operator', routes: 0 }));
  node.take(instruction({ loopback: 'operator' }));
  await node.settled();
  assert.deepEqual(seen(), [`tell ${prefix}`]);
  await node.leave('stopping');
});

test('R16: a route that waits for its address begins when the operator puts it there, with no word of a coordinator', async (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] });
  const { start, seen, addresses } = bench(context);
  const node = start();
  node.take(instruction({ loopback: 'operator' }));
  await node.settled();
  assert.deepEqual(seen(), []);
  assert.deepEqual((await node.describe()).missing, [{ prefix, reason: '203.0.113.1 is not on this node (R16)' }]);
  const put = parseIp('203.0.113.1');
  assert.ok(put !== undefined);
  addresses.add(put);
  node.take(instruction({ loopback: 'operator' }));
  context.mock.timers.tick(1000);
  await node.settled();
  assert.deepEqual(seen(), [`tell ${prefix}`]);
  assert.deepEqual((await node.describe()).missing, []);
  await node.leave('stopping');
});

test('a managed address stays for the whole wait after its own withdrawal, whatever was withdrawn before', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const { start, seen } = bench(context);
  const node = start();
  node.take(instruction({ settleMs: 10_000 }));
  await node.settled();
  context.mock.timers.tick(9000);
  node.take(instruction({ settleMs: 10_000, routes: 0 }));
  await node.settled();
  seen();
  context.mock.timers.tick(9999);
  await node.settled();
  assert.deepEqual(seen(), []);
  context.mock.timers.tick(1);
  await node.settled();
  assert.deepEqual(seen(), ['ip del 203.0.113.1/32']);
  node.take(instruction({ settleMs: 10_000 }));
  await node.settled();
  node.take(instruction({ settleMs: 10_000, routes: 0 }));
  await node.settled();
  node.take(instruction({ settleMs: 10_000 }));
  await node.settled();
  seen();
  context.mock.timers.tick(20_000);
  await node.settled();
  assert.deepEqual(seen(), [], 'it is needed again');
  await node.leave('stopping');
});

test('what the coordinator takes from this node is withdrawn, what is for another node is not heard', async (context) => {
  const { start, seen } = bench(context, ['203.0.113.1']);
  const node = start();
  node.take(instruction());
  await node.settled();
  node.take(instruction({ node: 'lb2', routes: 0 }));
  await node.settled();
  assert.deepEqual(seen(), [`tell ${prefix}`]);
  node.take(instruction({ routes: 0 }));
  await node.settled();
  assert.deepEqual(seen(), [`withdraw ${prefix}`]);
  await node.leave('stopping');
});

test('R23: without a coordinator a restarted node begins what it was told last, when its own proxy serves it', async (context) => {
  const { start, seen } = bench(context, ['203.0.113.1']);
  const before = start();
  before.take(instruction());
  await before.settled();
  await before.leave('stopping');
  seen();
  const node = start();
  node.takeServices([www('down')]);
  await node.settled();
  assert.deepEqual(seen(), [], 'beginning is a choice');
  node.takeServices([www('up')]);
  await node.settled();
  assert.deepEqual(seen(), [`tell ${prefix}`]);
  node.takeServices([www('down')]);
  await node.settled();
  assert.deepEqual(seen(), [], 'leaving is not');
  await node.leave('stopping');
});

test('R19: what the coordinator says in this run counts, whatever the node sees', async (context) => {
  const { start, seen } = bench(context, ['203.0.113.1']);
  const node = start();
  node.takeServices([www('down')]);
  node.take(instruction());
  await node.settled();
  assert.deepEqual(seen(), [`tell ${prefix}`]);
  await node.leave('stopping');
});

test('an address that somebody put on the loopback after a reboot is not taken off, that of this boot is', async (context) => {
  for (const [boot, isTakenOff] of [
    ['a boot', true],
    ['another boot', false],
  ] as const) {
    const { start, seen } = bench(context);
    const before = start();
    before.take(instruction());
    await before.settled();
    seen();
    // It was killed; the address is there, by the kernel or by the operator's own config.
    const after = start(boot);
    after.take(instruction());
    await after.settled();
    await after.leave('the agent of this node stops');
    assert.equal(seen().includes('ip del 203.0.113.1/32'), isTakenOff, boot);
    await before.leave('stopping');
  }
});

test('an address that was gone at the start and is there again is not ours', async (context) => {
  const { start, addresses, seen } = bench(context);
  const before = start();
  before.take(instruction());
  await before.settled();
  const [address] = addresses;
  assert.ok(address !== undefined);
  addresses.clear();
  const after = start();
  addresses.add(address);
  seen();
  after.take(instruction());
  await after.settled();
  await after.leave('the agent of this node stops');
  assert.ok(!seen().some((call) => call.startsWith('ip ')));
  await before.leave('stopping');
});
