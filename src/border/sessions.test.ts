/** Sessions with speakers that only write down what they are told. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { BfdEvent, BfdSpeaker, BgpSpeaker, SpeakerEvent } from 'bgp-ts';
import { pino } from 'pino';
import { parseIp, parsePrefix } from '#base/ip.ts';
import { refuse, succeed } from '#base/result.ts';
import type { WantedRoute } from '#steering/announcer/attributes.ts';
import type { SpeakingMachine } from './machine.ts';
import { neighborPlanSchema } from './plan.ts';
import type { NeighborPlan } from './plan.ts';
import { BorderSessions } from './sessions.ts';
import { establishedPeer } from './speaker.fixture.ts';

const prefix = parsePrefix('203.0.113.0/24');
const routerId = parseIp('10.66.1.53');
assert.ok(prefix !== undefined && routerId !== undefined);
const normal: WantedRoute = { nextHop: 'self', standing: 'normal', settings: {} };

function planOf(more: Partial<NeighborPlan> = {}): NeighborPlan {
  const least = { name: 'rt1', address: '10.66.1.1', port: 179, peerAsn: 65000, localAsn: 65010 };
  const rest = { holdTimeSeconds: 9, connection: 'active', families: ['ipv4-unicast'], extendedNextHop: false };
  return { ...neighborPlanSchema.parse({ ...least, ...rest }), ...more };
}

const bfd = { intervalMs: 500, multiplier: 4, isStrict: false };
const plain: SpeakingMachine = { localAddress: undefined, listen: [], md5Keys: new Map() };

function bench(machine = plain, agreed: Parameters<typeof establishedPeer>[1] = ['ipv4-unicast']) {
  const calls: string[] = [];
  const heard: boolean[] = [];
  const peers = new Set<string>();
  const up = new Set<string>();
  let onBgp: ((event: SpeakerEvent) => void) | undefined;
  let onBfd: ((event: BfdEvent) => void) | undefined;
  const speaker: BgpSpeaker = {
    addPeer: ({ name = '', socket }) => {
      if (peers.has(name)) return refuse('there is one of this name');
      peers.add(name);
      calls.push(`add ${name}${socket?.md5Key === undefined ? '' : ' with a key'}`);
      return succeed(name);
    },
    removePeer: (name, how) => {
      calls.push(`remove ${name}${how?.mode === 'silent' ? ' silently' : ''}`);
      return peers.delete(name);
    },
    setDesired: () => succeed(undefined),
    setDesiredFor: (peer, text, attributes) => {
      const { communities = [], med } = attributes ?? {};
      const what =
        attributes === null
          ? 'nothing'
          : ['route', ...(med === undefined ? [] : [`med ${med}`]), ...communities].join(' ');
      calls.push(`tell ${peer} ${text} ${what}`);
      return succeed(undefined);
    },
    declareComplete: () => void calls.push('complete'),
    resetPeer: (name, { mode }) => calls.push(`reset ${name} ${mode}`) > 0,
    listen: ({ address, port = 179 }) => {
      calls.push(`listen ${address} ${port}`);
      return Promise.resolve(succeed(undefined));
    },
    snapshot: () => {
      const established = [...peers].filter((name) => up.has(name)).map((name) => establishedPeer(name, agreed));
      return Promise.resolve({ peers: established, desired: [] });
    },
    stop: ({ mode }) => {
      calls.push(`stop ${mode}`);
      return Promise.resolve();
    },
  };
  const bfdSpeaker: BfdSpeaker = {
    addSession: ({ name = '' }) => {
      calls.push(`bfd add ${name}`);
      return succeed(name);
    },
    removeSession: (name) => calls.push(`bfd remove ${name}`) > 0,
    snapshot: () => Promise.resolve([]),
    stop: ({ isSilent }) => {
      calls.push(`bfd stop ${isSilent ? 'silent' : 'told'}`);
      return Promise.resolve();
    },
  };
  const sessions = new BorderSessions({
    log: pino({ level: 'silent' }),
    machine,
    onHeard: (established) => void heard.push(established),
    createSpeaker: ({ onEvent }) => {
      onBgp = onEvent;
      calls.push('speaker');
      peers.clear();
      return speaker;
    },
    createBfd: ({ onEvent }) => {
      onBfd = onEvent;
      calls.push('bfd');
      return bfdSpeaker;
    },
  });
  const session = (state: 'established' | 'idle'): void => {
    const previous = state === 'established' ? 'openConfirm' : 'established';
    if (state === 'established') up.add('rt1');
    else up.delete('rt1');
    onBgp?.({ kind: 'sessionState', peer: 'rt1', state, previous, reason: '', text: '' });
  };
  const bfdIs = (state: 'up' | 'down', isPeerAdminDown = false): void => {
    const previous = state === 'up' ? 'init' : 'up';
    onBfd?.({ kind: 'bfdState', session: 'rt1', state, previous, isPeerAdminDown, reason: '', text: '' });
  };
  /** What was called since the last look. */
  const seen = (): readonly string[] => calls.splice(0);
  const end = (): void => onBgp?.({ kind: 'ended', text: '' });
  const endBfd = (): void => onBfd?.({ kind: 'ended', text: '' });
  return { sessions, seen, heard, session, bfdIs, end, endBfd };
}

test('each neighbor is told a route with its own settings, one that comes later too', () => {
  const { sessions, seen } = bench();
  sessions.replace([planOf({ export: { med: 7 } })], routerId);
  sessions.announce(prefix, normal, 'www is up');
  sessions.replace([planOf({ export: { med: 7 } }), planOf({ name: 'rt2' })], routerId);
  sessions.declareComplete();
  assert.deepEqual(seen(), [
    'speaker',
    'add rt1',
    'tell rt1 203.0.113.0/24 route med 7',
    'add rt2',
    'tell rt2 203.0.113.0/24 route',
    'complete',
  ]);
});

test('the same again says nothing, a changed neighbor alone is dialled anew', () => {
  const { sessions, seen } = bench();
  sessions.replace([planOf(), planOf({ name: 'rt2' })], routerId);
  sessions.announce(prefix, normal, 'www is up');
  seen();
  sessions.replace([planOf(), planOf({ name: 'rt2' })], routerId);
  sessions.announce(prefix, normal, 'www is up');
  assert.deepEqual(seen(), []);
  sessions.replace([planOf(), planOf({ name: 'rt2', holdTimeSeconds: 30 })], routerId);
  assert.deepEqual(seen(), ['remove rt2', 'add rt2', 'tell rt2 203.0.113.0/24 route']);
});

test('a key that this machine lacks keeps one neighbor out, and says so', async () => {
  const { sessions, seen } = bench();
  sessions.replace([planOf({ md5Key: 'k' }), planOf({ name: 'rt2' })], routerId);
  assert.deepEqual(seen(), ['speaker', 'add rt2']);
  const [first] = await sessions.snapshot();
  assert.ok(first !== undefined);
  assert.equal(first.state, 'refused');
  assert.match(first.reason, /no key 'k'/);
  const withKey = bench({ ...plain, md5Keys: new Map([['k', 'secret']]) });
  withKey.sessions.replace([planOf({ md5Key: 'k' })], routerId);
  assert.deepEqual(withKey.seen(), ['speaker', 'add rt1 with a key']);
});

test('a neighbor that connects to us is listened for', () => {
  const address = parseIp('10.66.1.53');
  assert.ok(address !== undefined);
  const { sessions, seen } = bench({ ...plain, listen: [{ address, port: 1790 }] });
  sessions.replace([planOf({ connection: 'passive' })], routerId);
  assert.deepEqual(seen(), ['speaker', 'add rt1', 'listen 10.66.1.53 1790']);
});

test('BFD that fails ends the session, one that the peer turned off does not (RFC 5882 4.2)', () => {
  const { sessions, seen, bfdIs } = bench();
  sessions.replace([planOf({ bfd })], routerId);
  assert.deepEqual(seen(), ['bfd', 'bfd add rt1', 'speaker', 'add rt1']);
  bfdIs('up');
  bfdIs('down', true);
  assert.deepEqual(seen(), []);
  bfdIs('up');
  bfdIs('down');
  assert.deepEqual(seen(), ['reset rt1 bfdDown']);
  bfdIs('down');
  assert.deepEqual(seen(), [], 'it was down before');
});

test('a strict neighbor is dialled when BFD is up, and waits again when it fails', async () => {
  const { sessions, seen, bfdIs } = bench();
  sessions.replace([planOf({ bfd: { ...bfd, isStrict: true } })], routerId);
  sessions.announce(prefix, normal, 'www is up');
  assert.deepEqual(seen(), ['bfd', 'bfd add rt1']);
  const [waiting] = await sessions.snapshot();
  assert.equal(waiting?.state, 'waiting');
  assert.deepEqual(waiting.plan, [{ change: 'announce', prefix, reason: 'www is up' }]);
  bfdIs('up');
  assert.deepEqual(seen(), ['speaker', 'add rt1', 'tell rt1 203.0.113.0/24 route']);
  bfdIs('down');
  assert.deepEqual(seen(), ['reset rt1 bfdDown', 'remove rt1']);
  bfdIs('up');
  assert.deepEqual(seen(), ['add rt1', 'tell rt1 203.0.113.0/24 route']);
});

test('R24: leaving is GRACEFUL_SHUTDOWN, withdrawal, and a Cease that says why, in this order', async () => {
  const { sessions, seen, session, heard } = bench();
  sessions.replace([planOf()], routerId);
  sessions.announce(prefix, normal, 'www is up');
  session('established');
  assert.deepEqual(heard, [true]);
  seen();
  const leaving = sessions.leave('fairlead stop', 10);
  sessions.announce(prefix, normal, 'decided too late');
  await leaving;
  const [shutdown = '', ...rest] = seen();
  assert.match(shutdown, /^tell rt1 203\.0\.113\.0\/24 route med 1000 65535:0$/);
  assert.deepEqual(
    rest,
    ['tell rt1 203.0.113.0/24 nothing', 'stop administrative', 'bfd stop told'].slice(0, rest.length),
  );
  assert.ok(rest.includes('stop administrative'));
});

test('R24: who will be back says nothing', async () => {
  const { sessions, seen } = bench();
  sessions.replace([planOf({ bfd })], routerId);
  sessions.announce(prefix, normal, 'www is up');
  seen();
  await sessions.closeSilently();
  assert.deepEqual(seen(), ['stop silent', 'bfd stop silent']);
});

test('a speaker whose worker died is started anew with everything that it knew', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { sessions, seen, end, session, heard } = bench();
  sessions.replace([planOf()], routerId);
  sessions.announce(prefix, normal, 'www is up');
  sessions.declareComplete();
  session('established');
  seen();
  end();
  assert.deepEqual(heard, [true, false]);
  context.mock.timers.tick(1000);
  assert.deepEqual(seen(), ['speaker', 'complete', 'add rt1', 'tell rt1 203.0.113.0/24 route']);
  await sessions.closeSilently();
});

test('a neighbor that a release brings while the speaker starts anew is dialled once, and told what changes', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { sessions, seen, end } = bench();
  sessions.replace([planOf()], routerId);
  sessions.announce(prefix, normal, 'www is up');
  end();
  seen();
  sessions.replace([planOf(), planOf({ name: 'rt2' })], routerId);
  context.mock.timers.tick(1000);
  const told = ['rt1', 'rt2'].flatMap((name) => [`add ${name}`, `tell ${name} 203.0.113.0/24 route`]);
  assert.deepEqual(seen(), ['speaker', ...told]);
  sessions.withdraw(prefix, 'www is down');
  assert.deepEqual(seen(), ['tell rt1 203.0.113.0/24 nothing', 'tell rt2 203.0.113.0/24 nothing']);
});

test('BFD that starts anew does so once, with a neighbor that came meanwhile', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { sessions, seen, endBfd } = bench();
  sessions.replace([planOf({ bfd })], routerId);
  endBfd();
  seen();
  sessions.replace([planOf({ bfd }), planOf({ name: 'rt2', bfd })], routerId);
  context.mock.timers.tick(1000);
  assert.deepEqual(seen(), ['add rt2', 'bfd', 'bfd add rt1', 'bfd add rt2']);
});

test('a neighbor of which only the export changed is told its routes anew, and its session goes on', () => {
  const { sessions, seen } = bench();
  sessions.replace([planOf(), planOf({ name: 'rt2' })], routerId);
  sessions.announce(prefix, normal, 'www is up');
  seen();
  sessions.replace([planOf({ export: { med: 9 } }), planOf({ name: 'rt2' })], routerId);
  assert.deepEqual(seen(), ['tell rt1 203.0.113.0/24 route med 9']);
  sessions.replace([planOf(), planOf({ name: 'rt2' })], routerId);
  assert.deepEqual(seen(), ['tell rt1 203.0.113.0/24 route']);
});

test('R24: a neighbor that is dialled anew keeps the routes where both plans have graceful restart', () => {
  const { sessions, seen } = bench();
  const gracefulRestart = { restartTimeSeconds: 120, hasNotification: true };
  const moved = parseIp('10.66.1.2');
  assert.ok(moved !== undefined);
  const changes: [Partial<NeighborPlan>, string][] = [
    [{ gracefulRestart, holdTimeSeconds: 30 }, 'remove rt1 silently'],
    [{ gracefulRestart, address: moved }, 'remove rt1'],
    [{}, 'remove rt1'],
  ];
  for (const [change, expected] of changes) {
    sessions.replace([planOf({ gracefulRestart })], routerId);
    seen();
    sessions.replace([planOf(change)], routerId);
    assert.deepEqual(seen(), [expected, 'add rt1']);
  }
});

test('R19: who leaves says at once that it is not heard, so that no other site leaves because of it', async () => {
  const { sessions, session, heard } = bench();
  sessions.replace([planOf()], routerId);
  sessions.announce(prefix, normal, 'www is up');
  session('established');
  const leaving = sessions.leave('fairlead stop', 10);
  assert.deepEqual(heard, [true, false]);
  session('established');
  await leaving;
  assert.ok(!heard.slice(1).includes(true));
});

test('R19: late word of a neighbor that is gone does not count as being heard', () => {
  const { sessions, session, heard } = bench();
  sessions.replace([planOf()], routerId);
  sessions.replace([], routerId);
  session('established');
  assert.ok(!heard.includes(true));
});

test('R19: a prefix is heard where a session is up that may be told it', async () => {
  const { sessions, session } = bench(plain, ['ipv4-unicast', 'ipv6-unicast']);
  const other = parsePrefix('198.51.100.0/24');
  const six = parsePrefix('2001:db8::/32');
  assert.ok(other !== undefined && six !== undefined);
  sessions.replace([planOf({ prefixes: [prefix] }), planOf({ name: 'rt2' })], routerId);
  assert.equal(sessions.hears(prefix), false);
  session('established');
  assert.equal(sessions.hears(prefix), false, 'nobody knows yet what was agreed on');
  await sessions.snapshot();
  assert.deepEqual(
    [prefix, other, six].map((each) => sessions.hears(each)),
    [true, false, false],
  );
});

test('R19: a prefix is not heard by a router that took fewer families than it was offered', async () => {
  const { sessions, session, heard } = bench(plain, ['ipv4-unicast']);
  const six = parsePrefix('2001:db8::/32');
  assert.ok(six !== undefined);
  sessions.replace([planOf({ families: ['ipv4-unicast', 'ipv6-unicast'] })], routerId);
  session('established');
  await sessions.snapshot();
  assert.deepEqual([sessions.hears(prefix), sessions.hears(six)], [true, false]);
  assert.deepEqual(heard, [true, true], 'told again when it is known');
});

test('a neighbor is told exactly the prefixes that are listed for it, and single addresses in them to discard', () => {
  const { sessions, seen } = bench();
  const [host, outside] = [parsePrefix('203.0.113.7/32'), parsePrefix('198.51.100.7/32')];
  assert.ok(host !== undefined && outside !== undefined);
  const listed = planOf({ prefixes: [prefix] });
  const deaf = planOf({ name: 'rt2', prefixes: [prefix], blackhole: false });
  sessions.replace([listed, deaf], routerId);
  seen();
  sessions.announce(host, normal, 'a prefix of its own');
  assert.deepEqual(seen(), [], 'it lies in what is listed, and is not listed');
  sessions.withdraw(host, 'gone');
  assert.deepEqual(seen(), []);
  sessions.announce(host, { ...normal, standing: 'blackhole' }, 'an attack');
  sessions.announce(outside, { ...normal, standing: 'blackhole' }, 'an attack');
  assert.deepEqual(seen(), ['tell rt1 203.0.113.7/32 route 65535:666 65535:65281']);
  sessions.announce(host, normal, 'a prefix of its own');
  assert.deepEqual(seen(), ['tell rt1 203.0.113.7/32 nothing']);
});

test('a release that changes what a neighbor may be told ends no session', () => {
  const { sessions, seen } = bench();
  const other = parsePrefix('198.51.100.0/24');
  assert.ok(other !== undefined);
  sessions.replace([planOf()], routerId);
  sessions.announce(prefix, normal, 'www is up');
  sessions.announce(other, normal, 'www is up');
  seen();
  sessions.replace([planOf({ prefixes: [prefix] })], routerId);
  assert.deepEqual(seen(), ['tell rt1 203.0.113.0/24 route', 'tell rt1 198.51.100.0/24 nothing']);
  sessions.replace([planOf({ prefixes: [other] })], routerId);
  assert.deepEqual(seen(), ['tell rt1 203.0.113.0/24 nothing', 'tell rt1 198.51.100.0/24 route']);
});
