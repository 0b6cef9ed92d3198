import assert from 'node:assert/strict';
import test from 'node:test';
import type { MonoMs } from '#base/time.ts';
import { PeerVantages } from './peer-vantages.ts';
import type { PeerReport } from './report.ts';

const at = (ms: number): MonoMs => ms as MonoMs;

function reportOf(site: string, sequence: number, more: Partial<PeerReport> = {}): PeerReport {
  return {
    site,
    boot: 'b',
    sequence,
    leaseMs: 3000,
    sane: true,
    observations: [{ check: 'one', state: 'fail', failingRounds: sequence, reason: '' }],
    anchors: [],
    overrides: [],
    appliedOverrides: [],
    failovers: [],
    release: { epoch: 1, sequence: 1 },
    ...more,
  };
}

test('who votes are other sites of the release that are sane and were heard of late, with what they saw last', () => {
  const peers = new PeerVantages('fra');
  peers.replaceVoters(['fra', 'iad', 'lon', 'nrt']);
  for (const report of [
    reportOf('fra', 1),
    reportOf('iad', 1),
    reportOf('lon', 1, { sane: false }),
    reportOf('nrt', 1, { leaseMs: 1000 }),
    reportOf('gone', 1),
  ])
    assert.ok(peers.accept(report, at(0)).ok);
  const votes = (nowMs: number): readonly unknown[] =>
    peers.voting(at(nowMs)).map(({ sender, seen }) => [sender, seen.get('one')?.failingRounds, seen.has('two')]);
  assert.deepEqual(votes(0), [
    ['iad', 1, false],
    ['nrt', 1, false],
  ]);
  assert.deepEqual(votes(1000), [['iad', 1, false]]);
  assert.ok(peers.accept(reportOf('iad', 2), at(1000)).ok);
  assert.equal(peers.accept(reportOf('iad', 2), at(1000)).ok, false);
  assert.deepEqual(votes(1000), [['iad', 2, false]]);
  peers.replaceVoters(['fra']);
  assert.deepEqual(votes(1000), []);
});

test('of a check that a report tells twice the first counts', () => {
  const peers = new PeerVantages('fra');
  peers.replaceVoters(['iad']);
  const twice = [3, 0].map((failingRounds) => ({ check: 'one', state: 'fail', failingRounds, reason: '' }) as const);
  assert.ok(peers.accept(reportOf('iad', 1, { observations: twice }), at(0)).ok);
  assert.equal(peers.voting(at(0))[0]?.seen.get('one')?.failingRounds, 3);
});
