import assert from 'node:assert/strict';
import test from 'node:test';
import type { IpPrefix } from '#base/ip.ts';
import type { MonoMs } from '#base/time.ts';
import type { AnchorReport } from '#health/report.ts';
import { Anchor, askTimeoutMs, orphanedAfterMs } from './anchor.ts';
import type { LeaveInput, PeerAnchor } from './anchor.ts';

const prefix = '203.0.113.0/24' as IpPrefix;

function peer(site: string, parts: Partial<AnchorReport> = {}, receivedAt = 10): PeerAnchor {
  const report = { prefix, holds: false, serving: true, announced: true, accepted: [], ...parts };
  return { site, report, receivedAt: receivedAt as MonoMs };
}

function anchorOf(holds: boolean): Anchor {
  return new Anchor({ site: 'fra', boot: 'b' }, { prefix, holds });
}

function wish(peers: readonly PeerAnchor[], nowMs = 10): LeaveInput {
  return { peers, others: ['iad', 'sin'], leavingSince: 5 as MonoMs, nowMs: nowMs as MonoMs };
}

test('R19: a site without a record of the anchor holds it', () => {
  assert.equal(new Anchor({ site: 'fra', boot: 'b' }, undefined).holds, true);
});

test('R19: a holder leaves only when the one it asked accepted that very request, holds and serves', () => {
  const accepted = [{ site: 'fra', id: 'b-1' }];
  const rows: [answer: PeerAnchor, allow: boolean][] = [
    [peer('iad', { holds: true, accepted }), true],
    [peer('iad', { holds: false, accepted }), false],
    [peer('iad', { holds: true, serving: false, accepted }), false],
    [peer('iad', { holds: true, accepted: [{ site: 'fra', id: 'a-1' }] }), false],
    [peer('iad', { holds: true, accepted: [{ site: 'sin', id: 'b-1' }] }), false],
    [peer('sin', { holds: true, accepted }), false],
  ];
  for (const [answer, allow] of rows) {
    const anchor = anchorOf(true);
    assert.equal(anchor.mayLeave(wish([peer('iad')])).allow, false);
    assert.deepEqual(anchor.asks, { site: 'iad', id: 'b-1' });
    assert.equal(anchor.mayLeave(wish([answer])).allow, allow, JSON.stringify(answer));
    assert.equal(anchor.holds, !allow);
  }
});

test('R19: a site that does not hold leaves only on word of a serving holder received after its own failure', () => {
  const rows: [peer: PeerAnchor, allow: boolean][] = [
    [peer('iad', { holds: true }, 6), true],
    [peer('iad', { holds: true }, 5), false],
    [peer('iad', { holds: true, serving: false }, 6), false],
    [peer('iad', { holds: false }, 6), false],
  ];
  for (const [word, allow] of rows) {
    assert.equal(anchorOf(false).mayLeave(wish([word])).allow, allow, JSON.stringify(word));
  }
});

test('R19: only a site that serves takes the anchor on, and then asks nobody any more', () => {
  const asking = peer('iad', { asks: { site: 'fra', id: 'x-1' }, serving: false });
  const anchor = anchorOf(false);
  assert.equal(anchor.takeOn([asking], false), false);
  assert.equal(anchor.takeOn([peer('iad', { asks: { site: 'sin', id: 'x-1' } })], true), false);
  assert.deepEqual([anchor.holds, anchor.accepted], [false, []]);
  assert.equal(anchor.takeOn([asking], true), true);
  assert.deepEqual([anchor.holds, anchor.accepted], [true, [{ site: 'iad', id: 'x-1' }]]);
  const leaver = anchorOf(true);
  leaver.mayLeave(wish([peer('sin')]));
  leaver.takeOn([asking], true);
  assert.equal(leaver.asks, undefined);
});

test('R19: a wish that is taken back and made again is a new request', () => {
  const anchor = anchorOf(true);
  anchor.mayLeave(wish([peer('iad')]));
  anchor.stay();
  anchor.mayLeave(wish([peer('iad')]));
  assert.deepEqual(anchor.asks, { site: 'iad', id: 'b-2' });
});

test('R19: who does not answer in time is followed by the next, and asked on while it is the only one', () => {
  const anchor = anchorOf(true);
  const asked = (peers: readonly PeerAnchor[], nowMs: number): string | undefined => {
    anchor.mayLeave(wish(peers, nowMs));
    return anchor.asks?.site;
  };
  const all = [peer('iad'), peer('sin')];
  assert.equal(asked(all, 0), 'iad');
  assert.equal(asked(all, askTimeoutMs - 1), 'iad');
  assert.equal(asked(all, askTimeoutMs), 'sin');
  assert.equal(asked(all, 2 * askTimeoutMs), 'iad');
  assert.equal(asked([peer('iad')], 9 * askTimeoutMs), 'iad');
  assert.equal(asked([peer('iad', { serving: false })], 9 * askTimeoutMs), undefined);
});

test('R19: an anchor that every other site is heard to lack is held, and one that silence hides is not', () => {
  const rows: [peers: readonly PeerAnchor[], others: string[], nowMs: number, adopts: boolean][] = [
    [[], [], 0, true],
    [[peer('iad'), peer('sin')], ['iad', 'sin'], orphanedAfterMs, true],
    [[peer('iad'), peer('sin')], ['iad', 'sin'], orphanedAfterMs - 1, false],
    [[peer('iad'), peer('sin', { holds: true })], ['iad', 'sin'], orphanedAfterMs, false],
    [[peer('iad')], ['iad', 'sin'], orphanedAfterMs, false],
  ];
  for (const [peers, others, nowMs, adopts] of rows) {
    const anchor = anchorOf(false);
    const first = anchor.adopt(peers, others, 0 as MonoMs);
    const second = anchor.adopt(peers, others, nowMs as MonoMs);
    assert.equal(first || second, adopts, JSON.stringify([peers, others, nowMs]));
    assert.equal(anchor.holds, adopts);
  }
});
