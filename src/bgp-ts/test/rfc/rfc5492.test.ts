import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeOpen, parseAddress } from '../../src/index.ts';
import type { Capability } from '../../src/index.ts';
import { hexOf, message, notificationFor, octets, receive } from './wire.ts';

const fixed = '04 fde9 005a c0000201';

/** An OPEN with these capabilities in one optional parameter. */
function openWith(capabilities: string): Uint8Array {
  const length = octets(capabilities).length;
  const byte = (value: number): string => value.toString(16).padStart(2, '0');
  return message(1, `${fixed} ${byte(length + 2)} 02 ${byte(length)} ${capabilities}`);
}

function capabilitiesOf(bytes: Uint8Array): readonly Capability[] {
  const received = receive(bytes);
  assert.ok(received?.ok === true && received.value.kind === 'open');
  return received.value.capabilities;
}

const figures: readonly (readonly [what: string, hex: string, capability: Capability])[] = [
  ['multiprotocol (RFC 4760 §8)', '01 04 0002 00 01', { kind: 'multiprotocol', afi: 2, safi: 1 }],
  ['route refresh (RFC 2918 §2)', '02 00', { kind: 'routeRefresh' }],
  [
    'outbound route filters (RFC 5291 §5)',
    '03 07 0001 00 01 01 40 03',
    { kind: 'outboundRouteFilter', families: [{ afi: 1, safi: 1, filters: [{ type: 64, mode: 3 }] }] },
  ],
  [
    'extended next hop (RFC 8950 §4)',
    '05 06 0001 0001 0002',
    { kind: 'extendedNextHop', families: [{ afi: 1, safi: 1, nextHopAfi: 2 }] },
  ],
  ['extended messages (RFC 8654 §3)', '06 00', { kind: 'extendedMessage' }],
  ['BGPsec (RFC 8205 §2.1)', '07 03 08 0001', { kind: 'bgpsec', version: 0, canSend: true, afi: 1 }],
  [
    'multiple labels (RFC 8277 §2.1)',
    '08 04 0001 04 02',
    { kind: 'multipleLabels', families: [{ afi: 1, safi: 4, count: 2 }] },
  ],
  ['a role (RFC 9234 §4.1)', '09 01 03', { kind: 'role', role: 3 }],
  [
    'graceful restart with the N bit (RFC 4724 §3, RFC 8538 §2)',
    '40 06 c078 0001 01 80',
    {
      kind: 'gracefulRestart',
      isRestarting: true,
      hasNotification: true,
      restartTimeSeconds: 120,
      families: [{ afi: 1, safi: 1, isForwardingPreserved: true }],
    },
  ],
  ['4-octet AS numbers (RFC 6793 §3)', '41 04 fa56ea01', { kind: 'fourOctetAs', asn: 4_200_000_001 }],
  [
    'add-path (RFC 7911 §4)',
    '45 08 0001 01 03 0002 01 01',
    {
      kind: 'addPath',
      families: [
        { afi: 1, safi: 1, canReceive: true, canSend: true },
        { afi: 2, safi: 1, canReceive: true, canSend: false },
      ],
    },
  ],
  ['enhanced route refresh (RFC 7313 §3.1)', '46 00', { kind: 'enhancedRouteRefresh' }],
  [
    'long-lived graceful restart (RFC 9494 §4.2)',
    '47 07 0001 01 80 015180',
    {
      kind: 'longLivedGracefulRestart',
      families: [{ afi: 1, safi: 1, isForwardingPreserved: true, staleTimeSeconds: 86_400 }],
    },
  ],
  ['a host name (draft)', '49 05 02 7231 01 78', { kind: 'hostName', host: 'r1', domain: 'x' }],
  ['a software version (draft)', '4b 03 02 7631', { kind: 'softwareVersion', version: 'v1' }],
  ['a limit of paths (draft)', '4c 05 0001 01 0004', { kind: 'pathsLimit', families: [{ afi: 1, safi: 1, count: 4 }] }],
  ['link-local next hops (draft)', '4d 00', { kind: 'linkLocalNextHop' }],
];

for (const [what, hex, capability] of figures) {
  test(`the capability ${what} is read and written`, () => {
    const bytes = openWith(hex);
    assert.deepEqual(capabilitiesOf(bytes), [capability]);
    const identifier = parseAddress('192.0.2.1');
    assert.ok(identifier !== undefined);
    const written = encodeOpen({
      kind: 'open',
      myAs: 65001,
      holdTimeSeconds: 90,
      identifier,
      capabilities: [capability],
    });
    assert.equal(hexOf(written), hexOf(bytes));
  });
}

test('an unknown capability is kept and never is a fault', () => {
  assert.deepEqual(capabilitiesOf(openWith('c8 02 abcd')), [{ kind: 'unknown', code: 200, bytes: octets('abcd') }]);
});

test('the same capability may come more than once', () => {
  assert.equal(capabilitiesOf(openWith('01 04 0001 00 01 01 04 0002 00 01 02 00 02 00')).length, 4);
});

test('a known capability of a wrong length is 2/0', () => {
  for (const hex of [
    '01 03 0001 00',
    '02 01 00',
    '05 05 0001 0001 00',
    '06 01 00',
    '09 00',
    '40 01 00',
    '40 03 0078 00',
  ]) {
    assert.equal(notificationFor(openWith(hex)), '2/0', hex);
  }
  for (const hex of ['41 03 000000', '45 03 0001 01', '46 01 00', '47 06 0001 01 80 0000', '03 06 0001 00 01 02 40']) {
    assert.equal(notificationFor(openWith(hex)), '2/0', hex);
  }
});

test('a capability that overruns its parameter is 2/0', () => {
  assert.equal(notificationFor(openWith('41 04 0000')), '2/0');
  assert.equal(notificationFor(openWith('41')), '2/0');
});

test('capabilities that only name things are kept as octets where they are malformed', () => {
  assert.deepEqual(capabilitiesOf(openWith('49 02 05 72')), [{ kind: 'unknown', code: 73, bytes: octets('0572') }]);
  assert.deepEqual(capabilitiesOf(openWith('4b 02 01 ff')), [{ kind: 'unknown', code: 75, bytes: octets('01ff') }]);
});

test('an entry of add-path that says neither send nor receive is ignored (RFC 7911 §4)', () => {
  assert.deepEqual(capabilitiesOf(openWith('45 08 0001 01 00 0002 01 04')), [{ kind: 'addPath', families: [] }]);
});

test('parameters in the extended form are read whatever length stands before them (RFC 9072 §2)', () => {
  const capability = '41 04 fa56ea01';
  for (const length of ['ff', '01']) {
    const bytes = message(1, `${fixed} ${length} ff 0009 02 0006 ${capability}`);
    assert.deepEqual(capabilitiesOf(bytes), [{ kind: 'fourOctetAs', asn: 4_200_000_001 }]);
  }
  assert.equal(notificationFor(message(1, `${fixed} 00 ff 0009 02 0006 ${capability}`)), '2/0');
});

test('the extended form is written only where the short one has no room (RFC 9072 §2)', () => {
  const identifier = parseAddress('192.0.2.1');
  assert.ok(identifier !== undefined);
  const openOf = (byteCount: number): string => {
    const capability: Capability = { kind: 'unknown', code: 200, bytes: new Uint8Array(byteCount) };
    return hexOf(
      encodeOpen({ kind: 'open', myAs: 65001, holdTimeSeconds: 90, identifier, capabilities: [capability] }),
    );
  };
  assert.equal(openOf(251).slice(56, 64), 'ff02fdc8');
  assert.equal(openOf(252).slice(56, 72), 'ffff01010200fec8');
});
