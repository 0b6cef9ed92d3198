import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addressBytes } from '../wire/address.ts';
import type { PathAttribute } from '../wire/attributes.ts';
import { bgpRole } from '../wire/constants.ts';
import type { DecodedUpdate } from '../wire/update-decode.ts';
import type { ImportContext } from './adj-rib-in.ts';
import { AdjRibIn } from './adj-rib-in.ts';
import type { PrefixRange } from './prefix-range.ts';
import { checkRanges } from './prefix-range.ts';
import { address, prefix } from './rib.fixture.ts';
import { viewRoute } from './route-view.ts';

const [one, two, three] = ['198.51.100.1/32', '198.51.100.2/32', '198.51.100.3/32'];
const all: readonly PrefixRange[] = [
  { prefix: '198.51.100.0/24', minLength: 24, maxLength: 32 },
  { prefix: '2001:db8::/32', minLength: 32, maxLength: 128 },
];

function ribIn(accept: readonly PrefixRange[] = all, maxPrefixes = 100): AdjRibIn {
  const ranges = checkRanges(accept, 'import');
  assert.ok(ranges.ok);
  return new AdjRibIn({ accept: ranges.value, maxPrefixes });
}

function context(changes: Partial<ImportContext> = {}): ImportContext {
  return {
    localAsn: 65001,
    peerAsn: 65000,
    isExternal: true,
    fourOctetAs: true,
    families: ['ipv4-unicast', 'ipv6-unicast'],
    routerId: address('192.0.2.10'),
    localAddress: address('192.0.2.7'),
    ...changes,
  };
}

interface Said {
  readonly announced?: readonly string[];
  readonly withdrawn?: readonly string[];
  readonly attributes?: readonly PathAttribute[];
  readonly nextHop?: string;
  readonly asns?: readonly number[];
  readonly severity?: DecodedUpdate['severity'];
}

function update(said: Said): DecodedUpdate {
  const { announced = [], withdrawn = [], attributes = [], nextHop = '192.0.2.1', asns = [65000] } = said;
  return {
    kind: 'update',
    withdrawn: withdrawn.map(prefix),
    announced: announced.map(prefix),
    attributes: [
      { kind: 'origin', origin: 'igp' },
      { kind: 'asPath', segments: [{ kind: 'sequence', asns }] },
      { kind: 'nextHop', nextHop: address(nextHop) },
      ...attributes,
    ],
    faults: [],
    severity: said.severity ?? 'none',
  };
}

function whyRejected(said: Said, changes: Partial<ImportContext> = {}): readonly string[] {
  const rib = ribIn();
  rib.take(update({ announced: [one], ...said }), context(changes), 0);
  assert.equal(rib.accepted().length + [...rib.rejected().values()].reduce((sum, count) => sum + count, 0), 1);
  return [...rib.rejected().keys()];
}

void test('what no range accepts is counted and not kept', () => {
  const rib = ribIn([{ prefix: '198.51.100.0/24', minLength: 32 }]);
  rib.take(update({ announced: [one, '203.0.113.0/24'] }), context(), 7);
  assert.deepEqual(
    rib.accepted().map((route) => [route.prefix, route.receivedAtMs]),
    [[one, 7]],
  );
  assert.deepEqual(rib.counts(), [
    { family: 'ipv4-unicast', accepted: 1, rejected: 1 },
    { family: 'ipv6-unicast', accepted: 0, rejected: 0 },
  ]);
  assert.deepEqual([...rib.rejected()], [['notAccepted', 1]]);
  assert.deepEqual(rib.takeChanges(), { learnt: [one], gone: [] });
});

void test('a route that went through us, or leads to us, is dropped', () => {
  assert.deepEqual(whyRejected({}), []);
  assert.deepEqual(whyRejected({ asns: [65000, 65001, 65002] }), ['asLoop']);
  assert.deepEqual(whyRejected({ nextHop: '192.0.2.7' }), ['ownNextHop']);
  const internal = { isExternal: false };
  const originator = { kind: 'originatorId', originatorId: address('192.0.2.10') } as const;
  assert.deepEqual(whyRejected({ attributes: [originator] }, internal), ['originatorLoop']);
  const clusters = { kind: 'clusterList', clusterIds: [address('192.0.2.9'), address('192.0.2.10')] } as const;
  assert.deepEqual(whyRejected({ attributes: [clusters] }, internal), ['clusterLoop']);
});

void test('the loop is seen in the AS_PATH that a peer with two octets per AS hides in AS4_PATH', () => {
  const asn = 4_200_000_001;
  const as4Path = { kind: 'as4Path', segments: [{ kind: 'sequence', asns: [65000, asn] }] } as const;
  const said = { asns: [65000, 23456], attributes: [as4Path] };
  assert.deepEqual(whyRejected(said, { localAsn: asn, fourOctetAs: false }), ['asLoop']);
  assert.deepEqual(whyRejected(said, { localAsn: 65001, fourOctetAs: false }), []);
});

void test('a route with OTC is a leak from a customer, and from a peer unless it is that peer’s own', () => {
  const otc = (asn: number): Said => ({ attributes: [{ kind: 'onlyToCustomer', asn }] });
  assert.deepEqual(whyRejected(otc(64500), { localRole: bgpRole.provider }), ['routeLeak']);
  assert.deepEqual(whyRejected(otc(64500), { localRole: bgpRole.peer }), ['routeLeak']);
  assert.deepEqual(whyRejected(otc(65000), { localRole: bgpRole.peer }), []);
  assert.deepEqual(whyRejected(otc(64500), { localRole: bgpRole.customer }), []);
  assert.deepEqual(whyRejected(otc(64500)), []);
});

void test('an UPDATE whose fault withdraws takes away what it announces', () => {
  const rib = ribIn();
  rib.take(update({ announced: [one, two] }), context(), 0);
  rib.takeChanges();
  rib.take(update({ announced: [one], severity: 'treat-as-withdraw' }), context(), 0);
  assert.deepEqual(rib.takeChanges(), { learnt: [], gone: [one] });
  rib.take(update({ announced: [two], severity: 'attribute-discard' }), context(), 0);
  assert.deepEqual(rib.takeChanges(), { learnt: [], gone: [] });
});

void test('one prefix more than the limit, accepted or not, names its family, and replaced ones do not count twice', () => {
  const rib = ribIn([{ prefix: one }], 2);
  const take = (...announced: readonly string[]): unknown => rib.take(update({ announced }), context(), 0);
  assert.equal(take(one, two), undefined);
  assert.equal(take(one, two), undefined);
  assert.equal(rib.take(update({ withdrawn: [two], announced: [three] }), context(), 0), undefined);
  assert.equal(take(two), 'ipv4-unicast');
});

void test('memory stays within the limit however many prefixes one UPDATE has', () => {
  const rib = ribIn(all, 10);
  const announced = Array.from({ length: 256 }, (_, host) => `198.51.100.${host}/32`);
  assert.equal(rib.take(update({ announced }), context(), 0), 'ipv4-unicast');
  assert.equal(rib.accepted().length, 10);
});

void test('the end of the session leaves nothing', () => {
  const rib = ribIn();
  rib.take(update({ announced: [one, two] }), context(), 0);
  rib.takeChanges();
  rib.endSession();
  assert.deepEqual(rib.takeChanges(), { learnt: [], gone: [one, two] });
  assert.deepEqual(rib.accepted(), []);
});

void test('after a refresh of the peer what it did not send again is gone', () => {
  const rib = ribIn();
  rib.take(update({ announced: [one, two] }), context(), 0);
  rib.takeChanges();
  rib.beginRefresh('ipv4-unicast');
  rib.take(update({ announced: [two] }), context(), 0);
  rib.endRefresh('ipv4-unicast');
  assert.deepEqual(rib.takeChanges(), { learnt: [], gone: [one] });
});

void test('a refresh that ends without a beginning, or is begun in a former session, takes nothing away', () => {
  const rib = ribIn();
  rib.take(update({ announced: [one] }), context(), 0);
  rib.endRefresh('ipv4-unicast');
  assert.equal(rib.accepted().length, 1);
  rib.beginRefresh('ipv4-unicast');
  rib.endSession();
  rib.take(update({ announced: [one] }), context(), 0);
  rib.endRefresh('ipv4-unicast');
  assert.equal(rib.accepted().length, 1);
});

void test('a peer that begins refresh after refresh makes no work that grows with the table', (test) => {
  const rib = ribIn(all, 1000);
  rib.take(update({ announced: Array.from({ length: 256 }, (_, host) => `198.51.100.${host}/32`) }), context(), 0);
  const { mock } = test.mock.method(Map.prototype, 'set');
  for (let count = 0; count < 100; count++) rib.beginRefresh('ipv4-unicast');
  const setCount = mock.callCount();
  mock.restore();
  assert.ok(setCount < 256, `${setCount} entries were written`);
  rib.endRefresh('ipv4-unicast');
  assert.deepEqual(rib.accepted(), []);
});

void test('what comes and goes between two looks is no news, and other attributes are', () => {
  const rib = ribIn();
  rib.take(update({ announced: [one] }), context(), 0);
  rib.take(update({ withdrawn: [one] }), context(), 0);
  assert.deepEqual(rib.takeChanges(), { learnt: [], gone: [] });
  rib.take(update({ announced: [one] }), context(), 0);
  assert.deepEqual(rib.takeChanges(), { learnt: [one], gone: [] });
  rib.take(update({ announced: [one] }), context(), 0);
  assert.deepEqual(rib.takeChanges(), { learnt: [], gone: [] });
  rib.take(update({ announced: [one], attributes: [{ kind: 'med', med: 5 }] }), context(), 0);
  assert.deepEqual(rib.takeChanges(), { learnt: [one], gone: [] });
});

void test('IPv6 routes are kept with both next hops, and a family that was not agreed on is not kept', () => {
  const nextHop = new Uint8Array([...addressBytes(address('2001:db8::1')), ...addressBytes(address('fe80::1'))]);
  const nlri = { kind: 'prefixes', prefixes: [prefix('2001:db8:1::/48')] } as const;
  const said = update({ attributes: [{ kind: 'mpReach', afi: 2, safi: 1, nextHop, nlri }] });
  const rib = ribIn();
  rib.take(said, context(), 0);
  const view = viewRoute(rib.accepted()[0]?.attributes ?? []);
  assert.equal(view.nextHop, '2001:db8::1');
  assert.equal(view.linkLocalNextHop, 'fe80::1');
  assert.equal(view.asPath, '65000');
  const other = ribIn();
  other.take(said, context({ families: ['ipv4-unicast'] }), 0);
  assert.deepEqual(other.accepted(), []);
});

void test('the changes told are always those between what was there at two looks', () => {
  const step = fc.record({
    announced: fc.subarray([one, two, three]),
    withdrawn: fc.subarray([one, two, three]),
    med: fc.nat(1),
    doesLook: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const rib = ribIn();
      const mirror = new Set<string>();
      const look = (): void => {
        const { learnt, gone } = rib.takeChanges();
        for (const text of learnt) mirror.add(text);
        for (const text of gone) assert.ok(mirror.delete(text), `${text} was not there`);
        assert.deepEqual(
          [...mirror].sort(),
          rib
            .accepted()
            .map((route) => route.prefix)
            .sort(),
        );
      };
      for (const { announced, withdrawn, med, doesLook } of steps) {
        rib.take(update({ announced, withdrawn, attributes: [{ kind: 'med', med }] }), context(), 0);
        if (doesLook) look();
      }
      look();
    }),
  );
});
