import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHex } from '../wire/bytes.ts';
import type { Capability } from '../wire/capabilities.ts';
import { bgpRole } from '../wire/constants.ts';
import { encodeFrame } from '../wire/framer.ts';
import { encodeKeepalive, encodeRouteRefresh } from '../wire/message.ts';
import { encodeNotification } from '../wire/notification.ts';
import type { OpenMessage } from '../wire/open.ts';
import { encodeOpen } from '../wire/open.ts';
import { buildOpen, judgeOpen } from './negotiate.ts';
import { address, Bench, config, ipv4, open } from './session.fixture.ts';
import type { Negotiated, SessionConfig, SessionInput } from './types.ts';

const gracefulRestart = {
  restartTimeSeconds: 120,
  isForwardingPreserved: true,
  hasNotification: true,
  isRestarting: () => true,
};

function peerOpen(capabilities: readonly Capability[], holdTimeSeconds = 90, myAs = 65000): OpenMessage {
  return { kind: 'open', myAs, holdTimeSeconds, identifier: address('192.0.2.254'), capabilities };
}

const as65000: Capability = { kind: 'fourOctetAs', asn: 65000 };

function agreed(capabilities: readonly Capability[], changes: Partial<SessionConfig> = {}): Negotiated {
  const judged = judgeOpen(peerOpen(capabilities), config(changes));
  assert.ok(judged.ok, judged.ok ? '' : judged.fault.reason);
  return judged.value;
}

function refused(message: OpenMessage, changes: Partial<SessionConfig> = {}): string {
  const judged = judgeOpen(message, config(changes));
  if (judged.ok) return 'accepted';
  const { code, subcode, data } = judged.fault;
  return `${code}/${subcode} ${toHex(data)}`.trim();
}

void test('our OPEN offers what was configured, octet by octet', () => {
  const bytes = encodeOpen(
    buildOpen(config({ extendedNextHop: true, role: { local: bgpRole.customer, isStrict: false }, gracefulRestart })),
  );
  // Version 4, AS 65001, hold 90, 192.0.2.1, then the capabilities in one parameter.
  assert.equal(toHex(bytes.subarray(19, 28)), '04fde9005ac0000201');
  assert.equal(
    toHex(bytes.subarray(29)),
    [
      '022f',
      '010400010001',
      '010400020001',
      '0200',
      '0506000100010002',
      '0600',
      '090103',
      // R and N, 120 s, both families with F.
      '400ac0780001018000020180',
      '41040000fde9',
      '4600',
    ].join(''),
  );
  const plain = buildOpen(config()).capabilities.map(({ kind }) => kind);
  assert.deepEqual(plain, [
    'multiprotocol',
    'multiprotocol',
    'routeRefresh',
    'extendedMessage',
    'fourOctetAs',
    'enhancedRouteRefresh',
  ]);
});

void test('the R bit is asked for with each OPEN', () => {
  let isRestarting = true;
  const settings = config({ gracefulRestart: { ...gracefulRestart, isRestarting: () => isRestarting } });
  const bit = (): boolean | undefined =>
    buildOpen(settings).capabilities.find((capability) => capability.kind === 'gracefulRestart')?.isRestarting;
  assert.equal(bit(), true);
  isRestarting = false;
  assert.equal(bit(), false);
});

void test('what both sides can do is agreed on, and nothing else', () => {
  const nothing = agreed([ipv4]);
  assert.deepEqual(
    [nothing.fourOctetAs, nothing.extendedMessages, nothing.routeRefresh, nothing.enhancedRouteRefresh],
    [false, false, false, false],
  );
  const all = agreed([ipv4, as65000, { kind: 'extendedMessage' }, { kind: 'enhancedRouteRefresh' }]);
  assert.deepEqual(
    [all.fourOctetAs, all.extendedMessages, all.routeRefresh, all.enhancedRouteRefresh],
    [true, true, true, true],
  );
});

void test('extended next hop needs exactly IPv4 unicast over IPv6, from both sides', () => {
  const tuple = (afi: number, safi: number, nextHopAfi: number): Capability => ({
    kind: 'extendedNextHop',
    families: [{ afi, safi, nextHopAfi }],
  });
  assert.equal(agreed([ipv4, tuple(1, 1, 2)], { extendedNextHop: true }).extendedNextHop, true);
  assert.equal(agreed([ipv4, tuple(1, 128, 2), tuple(1, 1, 2)], { extendedNextHop: true }).extendedNextHop, true);
  assert.equal(agreed([ipv4, tuple(1, 1, 2)]).extendedNextHop, false);
  assert.equal(agreed([ipv4, tuple(1, 1, 1)], { extendedNextHop: true }).extendedNextHop, false);
  assert.equal(agreed([ipv4, tuple(1, 128, 2)], { extendedNextHop: true }).extendedNextHop, false);
});

void test('of several graceful restart capabilities the last one counts, and N needs both sides', () => {
  const said = (isRestarting: boolean, hasNotification: boolean, restartTimeSeconds: number): Capability => ({
    kind: 'gracefulRestart',
    isRestarting,
    hasNotification,
    restartTimeSeconds,
    families: [],
  });
  const capabilities = [ipv4, said(false, false, 1), said(true, true, 300)];
  assert.deepEqual(agreed(capabilities, { gracefulRestart }).gracefulRestart, {
    peerRestartTimeSeconds: 300,
    isPeerRestarting: true,
    hasNotification: true,
  });
  const withoutN = { ...gracefulRestart, hasNotification: false };
  assert.equal(agreed(capabilities, { gracefulRestart: withoutN }).gracefulRestart?.hasNotification, false);
  assert.equal(agreed(capabilities).gracefulRestart, undefined);
  assert.equal(agreed([ipv4], { gracefulRestart }).gracefulRestart, undefined);
});

void test('each role has one counterpart, and any other is refused with 2/11', () => {
  const { provider, routeServer, routeServerClient, customer, peer } = bgpRole;
  const fits: readonly (readonly [number, number])[] = [
    [provider, customer],
    [customer, provider],
    [routeServer, routeServerClient],
    [routeServerClient, routeServer],
    [peer, peer],
  ];
  for (const [local, wanted] of fits) {
    for (const role of [provider, routeServer, routeServerClient, customer, peer, 9]) {
      const outcome = refused(peerOpen([ipv4, { kind: 'role', role }]), { role: { local, isStrict: false } });
      assert.equal(outcome, role === wanted ? 'accepted' : '2/11', `${local} and ${role}`);
    }
  }
});

void test('a peer without a role is refused where we are strict, and inside our AS roles do not matter', () => {
  const strict = { role: { local: bgpRole.customer, isStrict: true } };
  assert.equal(refused(peerOpen([ipv4]), strict), '2/11');
  assert.equal(refused(peerOpen([ipv4]), { role: { ...strict.role, isStrict: false } }), 'accepted');
  assert.equal(refused(peerOpen([ipv4], 90, 65001), { ...strict, peerAsn: 65001 }), 'accepted');
  const twice = [ipv4, { kind: 'role', role: bgpRole.provider }, { kind: 'role', role: bgpRole.provider }] as const;
  assert.equal(refused(peerOpen(twice), strict), 'accepted');
  assert.equal(refused(peerOpen([...twice, { kind: 'role', role: bgpRole.peer }]), strict), '2/11');
  assert.equal(agreed([ipv4, { kind: 'role', role: bgpRole.peer }]).peerRole, bgpRole.peer);
});

void test('capabilities that come twice, unknown ones, and more than 255 bytes of them do no harm', () => {
  const unknown = Array.from({ length: 3 }, (_, code) => ({
    kind: 'unknown' as const,
    code: 200 + code,
    bytes: new Uint8Array(200),
  }));
  const bench = new Bench().reach('openSent');
  const bytes = open({ capabilities: [ipv4, ipv4, ...unknown, as65000, as65000] });
  assert.equal(toHex(bytes.subarray(28, 30)), 'ffff');
  assert.equal(bench.receive(bytes)[0], 'send keepalive');
  assert.equal(refused(peerOpen([ipv4, as65000, { kind: 'fourOctetAs', asn: 65009 }])), '2/2 0000fdf1');
});

void test('hold times 3 and 65535 are taken, the smaller one counts, and 0 wins where it is allowed', () => {
  const holdTimeMs = (peer: number, local: number): number | string => {
    const judged = judgeOpen(peerOpen([ipv4], peer), config({ holdTimeSeconds: local, allowHoldTimeZero: true }));
    return judged.ok ? judged.value.holdTimeMs : judged.fault.reason;
  };
  assert.equal(holdTimeMs(0, 90), 0);
  assert.equal(holdTimeMs(90, 0), 0);
  assert.equal(holdTimeMs(3, 90), 3000);
  assert.equal(holdTimeMs(65535, 65535), 65_535_000);
  assert.equal(refused(peerOpen([ipv4], 0)), '2/6 0000');
  assert.equal(refused(peerOpen([ipv4], 1)), '2/6 0001');
  assert.equal(refused(peerOpen([ipv4], 2)), '2/6 0002');
});

const allCapabilities: readonly Capability[] = [
  ipv4,
  as65000,
  { kind: 'extendedMessage' },
  { kind: 'routeRefresh' },
  { kind: 'enhancedRouteRefresh' },
  { kind: 'gracefulRestart', isRestarting: false, hasNotification: true, restartTimeSeconds: 120, families: [] },
];

function established(capabilities: readonly Capability[], changes: Partial<SessionConfig> = {}): Bench {
  const bench = new Bench(changes).reach('openSent');
  bench.receive(open({ capabilities }), encodeKeepalive());
  assert.equal(bench.session.state.kind, 'established');
  return bench;
}

void test('messages over 4096 octets are taken after both sides offered it, and are 1/2 before', () => {
  const long = encodeFrame(2, Uint8Array.of(0, 0, 0x13, 0x8a, 0xd0, 99, 0x13, 0x86, ...new Uint8Array(4998)), 65_535);
  assert.deepEqual(established(allCapabilities).receive(long), ['update none']);
  assert.equal(established([ipv4, as65000]).receive(long)[0], 'send notification 1/2 13a1');
});

void test('begin and end of a refresh are told, an unknown subtype is not, and without RFC 7313 all are requests', () => {
  const refresh = (subtype: number): Uint8Array => encodeRouteRefresh({ afi: 1, subtype, safi: 1 });
  const enhanced = established(allCapabilities);
  assert.deepEqual(enhanced.receive(refresh(0), refresh(1), refresh(2), refresh(3)), [
    'refresh ipv4-unicast',
    'refresh begin ipv4-unicast',
    'refresh end ipv4-unicast',
  ]);
  assert.deepEqual(established([ipv4]).receive(refresh(1)), ['refresh ipv4-unicast']);
});

void test('a ROUTE-REFRESH of a wrong length comes back whole in 7/1, without RFC 7313 it is 1/2', () => {
  const bytes = encodeFrame(5, Uint8Array.of(0, 1, 0, 1, 9));
  assert.equal(established(allCapabilities).receive(bytes)[0], `send notification 7/1 ${toHex(bytes)}`);
  assert.equal(established([ipv4]).receive(bytes)[0], 'send notification 1/2 0018');
});

void test('a refresh is sent as far as the peer understands it', () => {
  const send = (capabilities: readonly Capability[]): readonly string[] =>
    (['request', 'begin', 'end'] as const).flatMap((mark) =>
      established(capabilities).step({ kind: 'sendRefresh', family: 'ipv4-unicast', mark }),
    );
  assert.equal(send(allCapabilities).length, 3);
  assert.equal(send([ipv4, { kind: 'routeRefresh' }]).length, 1);
  assert.equal(send([ipv4]).length, 0);
  assert.deepEqual(
    established(allCapabilities).step({ kind: 'sendRefresh', family: 'ipv6-unicast', mark: 'request' }),
    [],
  );
});

const ends: readonly (readonly [SessionInput, withoutN: string, withN: string])[] = [
  [{ kind: 'reset', how: { mode: 'administrative', text: 'up' } }, '6/4 027570', '6/4 027570'],
  [{ kind: 'reset', how: { mode: 'bfdDown' } }, '6/10', '6/10'],
  [{ kind: 'reset', how: { mode: 'hardReset', text: 'up' } }, '6/4 027570', '6/9 0604027570'],
  [
    { kind: 'reset', how: { mode: 'maxPrefixes', family: 'ipv6-unicast', limit: 1000 } },
    '6/1 000201000003e8',
    '6/9 0601000201000003e8',
  ],
  [{ kind: 'reset', how: { mode: 'configurationChanged' } }, '6/6', '6/6'],
  [{ kind: 'reset', how: { mode: 'outOfResources', reason: 'no memory' } }, '6/8', '6/8'],
  [{ kind: 'stop', how: { mode: 'administrative', text: 'up' } }, '6/2 027570', '6/9 0602027570'],
  [{ kind: 'stop', how: { mode: 'deconfigured' } }, '6/3', '6/9 0603'],
];

for (const [input, withoutN, withN] of ends) {
  const how = 'how' in input ? `${input.kind} ${input.how.mode}` : input.kind;
  void test(`${how} says ${withoutN}, and ${withN} where both sides set the N bit`, () => {
    assert.equal(established(allCapabilities).step(input)[0], `send notification ${withoutN}`);
    const withBit = established(allCapabilities, { gracefulRestart });
    assert.equal(withBit.step(input)[0], `send notification ${withN}`);
    assert.equal(withBit.session.state.kind, input.kind === 'stop' ? 'stopped' : 'idle');
  });
}

void test('a Hard Reset of the peer is reported with what it stands for', () => {
  const data = Uint8Array.of(6, 2, 2, 0x75, 0x70);
  const seen = established(allCapabilities).receive(encodeNotification({ code: 6, subcode: 9, data }));
  assert.equal(
    seen.at(-1),
    'established -> idle: peer sent Cease, Hard Reset for Cease, Administrative Shutdown: "up"',
  );
});

void test('without a hold time the first KEEPALIVE is awaited for four minutes', () => {
  const bench = new Bench({ holdTimeSeconds: 0, allowHoldTimeZero: true }).reach('openConfirm');
  assert.equal(bench.wait()[0], 'send notification 4/0');
  assert.equal(bench.nowMs, 240_000);
});
