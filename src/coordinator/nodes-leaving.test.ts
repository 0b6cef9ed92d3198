/** Nodes that ask to leave, with what is known of them and of the prefixes as the test says it. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { pino } from 'pino';
import { after } from '#base/time.ts';
import type { IpPrefix } from '#base/ip.ts';
import type { MonoMs } from '#base/time.ts';
import type { NodeBgp } from '#border/instruction.ts';
import type { PrefixStatus } from '#steering/announcer/engine.ts';
import { NodesLeaving } from './nodes-leaving.ts';
import { askMs } from './routes-leaving.ts';

const [p1, p2] = ['203.0.113.0/24' as IpPrefix, '198.51.100.0/24' as IpPrefix];

function bench(nodes: Readonly<Record<string, readonly IpPrefix[]>>) {
  let nowMs = 0 as MonoMs;
  /** What each node tells, well; nothing of one that is silent. */
  const telling = new Map(Object.entries(nodes));
  /** `NODE PREFIX` of nodes that are well for a prefix, whether it is withdrawn or not. */
  const able = new Set(Object.entries(nodes).flatMap(([node, told]) => told.map((prefix) => `${node} ${prefix}`)));
  /** What nodes tell that are to speak no more, and nobody else. */
  const former = new Map<string, readonly IpPrefix[]>();
  const fed: string[] = [];
  const state = { isComplete: true };
  const blocked = { allow: false, rule: 'minSites', reason: '0 other sites serve it, at least 1 must' };
  const status = (prefix: IpPrefix): PrefixStatus => ({
    prefix,
    state: { kind: 'announced', since: nowMs, reason: '' },
    gate: { kind: 'pass', reason: '', fresh: true, returns: true },
    holdsAnchor: true,
    blocked,
  });
  const leaving = new NodesLeaving({
    log: pino({ level: 'silent' }),
    nodes: {
      get isComplete() {
        return state.isComplete;
      },
      restingOn: (node, isLeaving) =>
        (telling.get(node) ?? []).filter((prefix) =>
          [...telling].every(([other, told]) => other === node || isLeaving(other) || !told.includes(prefix)),
        ),
      couldTell: (prefix, isLeaving) =>
        [...telling.keys()].some((node) => able.has(`${node} ${prefix}`) && !isLeaving(node)),
      isFresh: (node) => telling.has(node),
    },
    restingOnFormer: (node) => former.get(node) ?? [],
    prefixes: () => [p1, p2].map(status),
    feed: (input) => void fed.push(input.kind === 'stay' ? 'stay' : `stop ${(input.prefixes ?? []).join(' ')}`),
    now: () => nowMs,
  });
  const bgpOf = (isLeaving: boolean): NodeBgp => {
    const wish = isLeaving ? { leaving: { forced: [] } } : {};
    return { neighbors: [], addresses: [], prefixes: [], ...wish };
  };
  const reportOf = (node: string, isLeaving: boolean) => leaving.take(node, bgpOf(isLeaving));
  const withdraw = (prefix: IpPrefix): void => {
    for (const [node, told] of telling)
      telling.set(
        node,
        told.filter((each) => each !== prefix),
      );
  };
  const wait = (durationMs: number): void => {
    nowMs = after(nowMs, durationMs);
  };
  return { leaving, reportOf, withdraw, wait, telling, able, former, state, seen: () => fed.splice(0) };
}

test('a node goes while another tells its routes, and the next one that asks does not count it', () => {
  const { reportOf, seen } = bench({ a: [p1], b: [p1] });
  assert.equal(reportOf('a', true)?.verdict, 'granted');
  const second = reportOf('b', true);
  assert.equal(second?.verdict, 'waiting');
  assert.match(second.reason, /no other node tells 203\.0\.113\.0\/24: other sites are asked \(R19\)/);
  assert.equal(reportOf('a', true)?.verdict, 'granted', 'an answer that was lost is given again');
  assert.deepEqual(seen(), [`stop ${p1}`]);
});

test('R19: the last node goes when its routes are withdrawn, and they stay away until a node is back', () => {
  const { reportOf, withdraw, seen, telling } = bench({ a: [p1, p2] });
  assert.equal(reportOf('a', true)?.verdict, 'waiting');
  withdraw(p1);
  assert.equal(reportOf('a', true)?.verdict, 'waiting', 'one of two is not enough');
  withdraw(p2);
  assert.equal(reportOf('a', true)?.verdict, 'granted');
  assert.deepEqual(seen(), [`stop ${p1} ${p2}`]);
  telling.delete('a');
  assert.deepEqual(seen(), []);
  telling.set('a', []);
  assert.equal(reportOf('a', false), undefined);
  assert.deepEqual(seen(), ['stay']);
});

test('R19: where no other site takes it on in time the node is to stay, and hears why as long as it asks', () => {
  const { reportOf, wait, seen } = bench({ a: [p1] });
  assert.equal(reportOf('a', true)?.verdict, 'waiting');
  wait(askMs);
  const refusal = { verdict: 'refused', reason: `${p1} stays: 0 other sites serve it, at least 1 must (minSites)` };
  assert.deepEqual(reportOf('a', true), refusal);
  assert.deepEqual(reportOf('a', true), refusal);
  assert.deepEqual(seen(), [`stop ${p1}`, 'stay']);
  reportOf('a', false);
  assert.equal(reportOf('a', true)?.verdict, 'waiting');
});

test('only what no other node tells leaves the site, and comes back with a node that could tell it', () => {
  const { reportOf, withdraw, able, seen } = bench({ a: [p1, p2], b: [p2] });
  reportOf('a', true);
  assert.deepEqual(seen(), [`stop ${p1}`]);
  withdraw(p1);
  assert.equal(reportOf('a', true)?.verdict, 'granted');
  reportOf('b', false);
  assert.deepEqual(seen(), [], 'b is not well');
  able.add(`b ${p1}`);
  reportOf('b', false);
  assert.deepEqual(seen(), ['stay']);
});

test('of two last nodes for different routes the second waits for the first, and takes nothing of it back', () => {
  const { reportOf, withdraw, seen } = bench({ a: [p1], b: [p2] });
  reportOf('a', true);
  assert.match(reportOf('b', true)?.reason ?? '', /^a asks to leave, too, and came first$/);
  withdraw(p1);
  assert.equal(reportOf('a', true)?.verdict, 'granted');
  assert.equal(reportOf('b', true)?.verdict, 'waiting');
  assert.deepEqual(seen(), [`stop ${p1}`, `stop ${p1} ${p2}`]);
});

test('a node that dies as it asks, or asks no more, is let be', () => {
  for (const isDead of [true, false]) {
    const { reportOf, telling, seen } = bench({ a: [p1], b: [] });
    reportOf('a', true);
    if (isDead) telling.delete('a');
    reportOf(isDead ? 'b' : 'a', false);
    assert.deepEqual(seen(), [`stop ${p1}`, 'stay']);
  }
});

test('R24: nobody goes before the coordinator knows what is wanted, and nothing stays away when nodes speak no more', () => {
  const { leaving, reportOf, withdraw, state, seen } = bench({ a: [p1] });
  state.isComplete = false;
  assert.match(reportOf('a', true)?.reason ?? '', /has not decided yet/);
  assert.deepEqual(seen(), []);
  state.isComplete = true;
  reportOf('a', true);
  withdraw(p1);
  reportOf('a', true);
  leaving.forget();
  assert.deepEqual(seen(), [`stop ${p1}`, 'stay']);
});

test('R19: a node that is to speak no more goes when routers hear what it tells of others, and not before', () => {
  const { reportOf, former, seen } = bench({ a: [] });
  former.set('c', [p1]);
  assert.match(reportOf('c', true)?.reason ?? '', /^routers hear 203\.0\.113\.0\/24 of nobody else yet$/);
  assert.equal(reportOf('c', true)?.verdict, 'waiting');
  former.delete('c');
  assert.equal(reportOf('c', true)?.verdict, 'granted');
  assert.deepEqual(seen(), []);
});
