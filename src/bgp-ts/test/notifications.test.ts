/**
 * Every way in which a peer can be wrong, by a raw TCP peer against a real speaker: the NOTIFICATION is read off the wire,
 * code, subcode and Data (RFC 4271 §6, RFC 5492, RFC 6608, RFC 7313, RFC 9234; where they state no Data, BIRD's).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Capability, NotificationMessage, PeerOptions, Speaker, SpeakerEvent } from '../src/index.ts';
import { decodeMessage, encodeFrame, encodeKeepalive, encodeOpen, Framer, parseAddress } from '../src/index.ts';
import { ListeningPeer } from './listening-peer.ts';
import { startSpeaker } from './running-speaker.ts';

const options = { timeout: 30_000 };
const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const header = (length: number, type: number): Uint8Array =>
  Uint8Array.from([...Array<number>(16).fill(0xff), length >> 8, length & 0xff, type]);
const update = (hex: string): Uint8Array => encodeFrame(2, bytesOf(hex));
const ipv4: Capability = { kind: 'multiprotocol', afi: 1, safi: 1 };

interface Open {
  readonly asn?: number;
  readonly holdTimeSeconds?: number;
  readonly identifier?: string;
  readonly capabilities?: readonly Capability[];
}

function open({ asn = 65000, holdTimeSeconds = 90, identifier = '192.0.2.254', capabilities }: Open = {}): Uint8Array {
  const address = parseAddress(identifier);
  assert.ok(address !== undefined);
  const both: readonly Capability[] = [ipv4, { kind: 'fourOctetAs', asn }];
  return encodeOpen({
    kind: 'open',
    myAs: asn,
    holdTimeSeconds,
    identifier: address,
    capabilities: capabilities ?? both,
  });
}

const enhanced: readonly Capability[] = [
  ipv4,
  { kind: 'fourOctetAs', asn: 65000 },
  { kind: 'routeRefresh' },
  { kind: 'enhancedRouteRefresh' },
];
const version3 = open().fill(3, 19, 20);
/** Two MP_REACH_NLRI of no prefix. */
const mpReach = '800e15 0002 01 10 20010db8000000000000000000000001 00';

/** What is sent after TCP is up, in turn, and the NOTIFICATION that answers it. */
interface Row {
  readonly name: string;
  readonly sent: readonly Uint8Array[];
  readonly answer: string;
  readonly options?: Partial<PeerOptions>;
}

const established = [open(), encodeKeepalive()] as const;

const rows: readonly Row[] = [
  { name: 'marker not all ones', sent: [new Uint8Array(19)], answer: '1/1' },
  { name: 'length 18', sent: [header(18, 4)], answer: '1/2 0012' },
  { name: 'length 4097', sent: [...established, header(4097, 2)], answer: '1/2 1001' },
  { name: 'OPEN of 28 octets', sent: [header(28, 1)], answer: '1/2 001c' },
  { name: 'UPDATE of 22 octets', sent: [...established, header(22, 2)], answer: '1/2 0016' },
  { name: 'NOTIFICATION of 20 octets', sent: [...established, header(20, 3)], answer: '1/2 0014' },
  { name: 'KEEPALIVE of 20 octets', sent: [...established, header(20, 4)], answer: '1/2 0014' },
  { name: 'ROUTE-REFRESH of 24 octets', sent: [...established, header(24, 5)], answer: '1/2 0018' },
  { name: 'message type 6', sent: [...established, header(19, 6)], answer: '1/3 06' },
  { name: 'version 3', sent: [version3], answer: '2/1 0004' },
  { name: 'another AS', sent: [open({ asn: 65009 })], answer: '2/2 0000fdf1' },
  { name: 'another AS of two octets', sent: [open({ asn: 65009, capabilities: [ipv4] })], answer: '2/2 fdf1' },
  { name: 'AS 0', sent: [open({ asn: 0, capabilities: [ipv4] })], answer: '2/2 0000' },
  { name: 'identifier 0', sent: [open({ identifier: '0.0.0.0' })], answer: '2/3' },
  { name: 'multicast identifier', sent: [open({ identifier: '224.0.0.5' })], answer: '2/3' },
  {
    name: 'our identifier in our AS',
    sent: [open({ asn: 65001, identifier: '192.0.2.1' })],
    answer: '2/3',
    options: { peerAsn: 65001 },
  },
  { name: 'unknown parameter', sent: [encodeFrame(1, bytesOf('04 fde8 005a c00002fe 02 0100'))], answer: '2/4' },
  { name: 'capability overrun', sent: [encodeFrame(1, bytesOf('04 fde8 005a c00002fe 04 0202 4104'))], answer: '2/0' },
  { name: 'parameters past the end', sent: [encodeFrame(1, bytesOf('04 fde8 005a c00002fe c8 0200'))], answer: '2/0' },
  {
    name: 'extended parameters past the end',
    sent: [encodeFrame(1, bytesOf('04 fde8 005a c00002fe ff ff 0fff 020000'))],
    answer: '2/0',
  },
  { name: 'hold time 1', sent: [open({ holdTimeSeconds: 1 })], answer: '2/6 0001' },
  { name: 'hold time 2', sent: [open({ holdTimeSeconds: 2 })], answer: '2/6 0002' },
  {
    name: 'no family in common',
    sent: [open({ capabilities: [{ kind: 'multiprotocol', afi: 25, safi: 70 }] })],
    answer: '2/7 010400010001010400020001',
  },
  {
    name: 'role that does not fit',
    sent: [open({ capabilities: [ipv4, { kind: 'role', role: 3 }] })],
    answer: '2/11',
    options: { role: { local: 'customer' } },
  },
  {
    name: 'required role absent',
    sent: [open()],
    answer: '2/11',
    options: { role: { local: 'customer', isStrict: true } },
  },
  { name: 'attributes past the end', sent: [...established, update('0000 0009')], answer: '3/1' },
  { name: 'MP_REACH twice', sent: [...established, update(`0000 0030 ${mpReach} ${mpReach}`)], answer: '3/1' },
  {
    name: 'MP_REACH with a next hop of 4 octets for IPv6',
    sent: [...established, update('0000 000d 800e0a 0002 01 04 c0000201 00 00')],
    answer: '3/1',
  },
  { name: 'MP_REACH cut off', sent: [...established, update('0000 0006 800e03 000201')], answer: '3/1' },
  { name: 'MP_UNREACH cut off', sent: [...established, update('0000 0005 800f02 0002')], answer: '3/9 800f020002' },
  { name: 'announced length 33', sent: [...established, update('0000 0000 21c633640100')], answer: '3/10' },
  { name: 'withdrawn length 33', sent: [...established, update('0002 2101 0000')], answer: '3/10' },
  { name: 'prefix overrun', sent: [...established, update('0000 0000 18c633')], answer: '3/10' },
  { name: 'KEEPALIVE in OpenSent', sent: [encodeKeepalive()], answer: '5/1 04' },
  { name: 'UPDATE in OpenSent', sent: [update('0000 0000')], answer: '5/1 02' },
  { name: 'UPDATE in OpenConfirm', sent: [open(), update('0000 0000')], answer: '5/2 02' },
  { name: 'OPEN in OpenConfirm', sent: [open(), open()], answer: '5/2 01' },
  { name: 'OPEN in Established', sent: [...established, open()], answer: '5/3 01' },
  {
    name: 'ROUTE-REFRESH of a wrong length with enhanced refresh',
    sent: [open({ capabilities: enhanced }), encodeKeepalive(), encodeFrame(5, bytesOf('0001000109'))],
    answer: '7/1 ffffffffffffffffffffffffffffffff001805 0001000109',
  },
  {
    name: 'silence for the hold time',
    sent: [open({ holdTimeSeconds: 3 }), encodeKeepalive()],
    answer: '4/0',
  },
];

interface Pair extends AsyncDisposable {
  readonly peer: ListeningPeer;
  readonly speaker: Speaker;
}

/** A speaker that has dialled a raw peer, which has our OPEN. */
async function startWith(changes: Partial<PeerOptions> = {}): Promise<Pair> {
  await using started = new AsyncDisposableStack();
  const peer = started.use(await ListeningPeer.start({ asn: 65000, doesHandshake: false }));
  const { speaker } = started.use(startSpeaker());
  const base = { address: '127.0.0.1', peerAsn: 65000, localAsn: 65001, routerId: '192.0.2.1', name: 'peer' };
  const added = speaker.addPeer({ ...base, port: peer.port, ...changes });
  assert.ok(added.ok, added.ok ? '' : added.fault);
  await peer.message('our OPEN', (message) => message.kind === 'open');
  const both = started.move();
  return { peer, speaker, [Symbol.asyncDispose]: () => both.disposeAsync() };
}

/** Sends messages in turn: the ones after the first when our KEEPALIVE is there. */
async function send(peer: ListeningPeer, [first = new Uint8Array(0), ...rest]: readonly Uint8Array[]): Promise<void> {
  peer.send(first);
  if (rest.length === 0) return;
  await peer.message('our KEEPALIVE', (message) => message.kind === 'keepalive');
  peer.send(Buffer.concat(rest));
}

/** The NOTIFICATION that a raw peer gets before the connection ends. */
async function notificationAt(peer: ListeningPeer): Promise<string> {
  const seen = await peer.message('a NOTIFICATION', (message) => message.kind === 'notification');
  await peer.log.find('the end of the connection', (event) => event.kind === 'closed');
  return seen.kind === 'notification' ? describe(seen) : seen.kind;
}

/** Connects a speaker to a raw peer that sends `sent`, and gives the NOTIFICATION that comes. */
async function answerTo({ sent, options: changes }: Row): Promise<string> {
  await using pair = await startWith(changes);
  await send(pair.peer, sent);
  return await notificationAt(pair.peer);
}

function describe({ code, subcode, data }: NotificationMessage): string {
  return `${code}/${subcode} ${Buffer.from(data).toString('hex')}`.trim();
}

void test('each fault is answered on the wire with its code, subcode and Data', options, async (context) => {
  for (const row of rows) {
    const [code = '', ...data] = row.answer.split(' ');
    const expected = `${code} ${data.join('')}`.trim();
    await context.test(`${row.name}: ${code}`, async () => assert.equal(await answerTo(row), expected));
  }
});

const withNotification: readonly Capability[] = [
  ...enhanced,
  { kind: 'gracefulRestart', isRestarting: false, hasNotification: true, restartTimeSeconds: 120, families: [] },
];

/** What we end ourselves, and the Cease that says so (RFC 4486, RFC 8538, RFC 9003, RFC 9384). */
const endings: readonly {
  readonly name: string;
  readonly end: (speaker: Speaker) => unknown;
  readonly answer: string;
  readonly options?: Partial<PeerOptions>;
  readonly capabilities?: readonly Capability[];
}[] = [
  {
    name: 'an administrative stop',
    end: (speaker) => speaker.stop({ mode: 'administrative', text: 'bye' }),
    answer: '6/2 03627965',
  },
  { name: 'a peer that is removed', end: (speaker) => speaker.removePeer('peer'), answer: '6/3' },
  {
    name: 'an administrative reset',
    end: (speaker) => speaker.resetPeer('peer', { mode: 'administrative', text: 'again' }),
    answer: '6/4 05616761696e',
  },
  { name: 'BFD that went down', end: (speaker) => speaker.resetPeer('peer', { mode: 'bfdDown' }), answer: '6/10' },
  {
    name: 'BFD that went down where both sides have the N bit and forwarding goes on without us',
    end: (speaker) => speaker.resetPeer('peer', { mode: 'bfdDown' }),
    answer: '6/10',
    options: { gracefulRestart: { restartTimeSeconds: 120 } },
    capabilities: withNotification,
  },
  {
    name: 'BFD that went down where both sides have the N bit and forwarding depends on us',
    end: (speaker) => speaker.resetPeer('peer', { mode: 'bfdDown' }),
    answer: '6/9 060a',
    options: { gracefulRestart: { restartTimeSeconds: 120, isForwardingPreserved: false } },
    capabilities: withNotification,
  },
  {
    name: 'a hard reset where both sides have the N bit',
    end: (speaker) => speaker.resetPeer('peer', { mode: 'hardReset', text: 'new' }),
    answer: '6/9 0604036e6577',
    options: { gracefulRestart: { restartTimeSeconds: 120 } },
    capabilities: withNotification,
  },
  {
    name: 'a hard reset where the peer has no N bit',
    end: (speaker) => speaker.resetPeer('peer', { mode: 'hardReset', text: 'new' }),
    answer: '6/4 036e6577',
  },
];

void test('each end of ours says why on the wire, with its text', options, async (context) => {
  for (const { name, end, answer, options: changes, capabilities } of endings) {
    await context.test(`${name}: ${answer.split(' ')[0] ?? ''}`, async () => {
      await using pair = await startWith(changes);
      const { peer, speaker } = pair;
      await send(peer, [open(capabilities === undefined ? {} : { capabilities }), encodeKeepalive()]);
      // An established session ends what it says at first with End-of-RIB, or says a route.
      speaker.setDesired('198.51.100.0/24', { nextHop: '192.0.2.1' }, 'test');
      await peer.message('our UPDATE', (message) => message.kind === 'update');
      void end(speaker);
      assert.equal(await notificationAt(peer), answer);
    });
  }
});

const twoPrefixes = ((): Uint8Array => {
  const attributes = '400101 00 4002 06 02 01 0000fde8 400304 c00002fe'.replaceAll(' ', '');
  const length = (attributes.length / 2).toString(16).padStart(4, '0');
  return update(`0000 ${length} ${attributes} 18c63364 18c63365`);
})();

void test('more prefixes than agreed end the session with 6/1, family and limit (RFC 4486)', options, async () => {
  const limited = { import: { accept: [], maxPrefixes: 1 } };
  assert.equal(
    await answerTo({ name: 'limit', sent: [open(), encodeKeepalive(), twoPrefixes], options: limited, answer: '' }),
    '6/1 00010100000001',
  );
});

void test(
  'more prefixes than agreed are a Hard Reset where both sides have the N bit (RFC 8538 §5.1)',
  options,
  async () => {
    const limited = { import: { accept: [], maxPrefixes: 1 }, gracefulRestart: { restartTimeSeconds: 120 } };
    const sent = [open({ capabilities: withNotification }), encodeKeepalive(), twoPrefixes];
    assert.equal(await answerTo({ name: 'limit', sent, options: limited, answer: '' }), '6/9 060100010100000001');
  },
);

void test(
  'a peer that reads nothing for the send hold time gets 8/0 when it reads on (RFC 9687)',
  options,
  async () => {
    await using peer = await ListeningPeer.start({ asn: 65000 });
    await using running = startSpeaker();
    const { speaker, log } = running;
    const base = { address: '127.0.0.1', peerAsn: 65000, localAsn: 65001, routerId: '192.0.2.1', name: 'peer' };
    assert.ok(speaker.addPeer({ ...base, port: peer.port, sendHoldTimeMs: 300 }).ok);
    await log.find('End-of-RIB', (event) => event.kind === 'endOfRibSent' && event.family === 'ipv6-unicast');
    const connected = await peer.log.find('the connection', (seen) => seen.kind === 'connected');
    assert.ok(connected.kind === 'connected');
    const { socket } = connected;
    socket.pause();
    // What it reads later is looked at afterwards: reading is all that the time after our NOTIFICATION is for.
    socket.removeAllListeners('data');
    const numbers = Array.from({ length: 128 }, (_, value) => value);
    const communities = numbers.map((value) => `65001:${value}`);
    const largeCommunities = numbers.map((value) => `65001:${value}:0`);
    const isNotification = ({ kind }: SpeakerEvent): boolean => kind === 'notification';
    // How much the system takes before it makes us wait differs from one to the next.
    for (let index = 0; !log.events.some(isNotification); index++) {
      const prefix = `10.${index >> 8}.${index & 0xff}.0/24`;
      const attributes = { nextHop: '192.0.2.9', med: index, communities, largeCommunities };
      assert.ok(speaker.setDesired(prefix, attributes, 'more than the system takes').ok);
      if (index % 100 === 99) await turn();
    }
    const sent = await log.find('our NOTIFICATION', isNotification);
    assert.equal(sent.kind === 'notification' && sent.direction, 'sent');
    const read: Uint8Array[] = [];
    socket.on('data', (bytes: Buffer) => read.push(bytes));
    socket.resume();
    await peer.log.find('the end of the connection', ({ kind }) => kind === 'closed');
    assert.equal(lastOf(read), '8/0');
  },
);

/** The last message of what was read, a NOTIFICATION. */
function lastOf(read: readonly Uint8Array[]): string {
  const last = new Framer().push(Buffer.concat(read)).at(-1);
  assert.ok(last?.kind === 'frame');
  const decoded = decodeMessage(last.frame, { fourOctetAs: true, isExternal: true });
  assert.ok(decoded.ok && decoded.value.kind === 'notification');
  return describe(decoded.value);
}
