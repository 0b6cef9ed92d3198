import assert from 'node:assert/strict';
import test from 'node:test';
import type { IpAddress } from '#base/ip.ts';
import type { MonoMs } from '#base/time.ts';
import { defineCheck } from './check.ts';
import type { CheckDefinition } from './check.ts';
import { subjectKey } from './model.ts';
import type { Subject } from './model.ts';
import { Vantage } from './vantage.ts';

const timing = { intervalMs: 1000, timeoutMs: 1000, rise: 2, fall: 3 };
const checkAt = (address: string): CheckDefinition =>
  defineCheck({ what: { kind: 'tcp' }, address: address as IpAddress, port: 80, ...timing });
const reference = checkAt('198.51.100.1');
const check = checkAt('10.66.1.100');
const subject: Subject = {
  key: subjectKey('www', 'fra', 4),
  service: 'www',
  site: 'fra',
  family: 4,
  vip: check.address,
  nodes: [],
  check,
  vrrpGraceMs: 8000,
};

/** Plays rounds such as `PF`: the reference, then the target; returns the vantage after the last. */
function play(...rounds: string[]): Vantage {
  const vantage = new Vantage('iad');
  vantage.replace({ subjects: [subject], references: [reference], probes: [], sites: ['iad'] });
  for (const [index, round] of rounds.entries()) {
    for (const [place, letter] of Array.from(round).entries()) {
      const id = place === 0 ? reference.id : check.id;
      vantage.take(id, { passed: letter === 'P', reason: letter, at: (index * 1000) as MonoMs }, () => 'pass');
      vantage.judge();
    }
  }
  return vantage;
}

test('R5: what fails while no reference answers is counted against nobody', () => {
  assert.equal(play('PP', 'FF', 'FF').view(subject), undefined);
  assert.equal(play('PP', 'FF', 'FF', 'PF').view(subject)?.failingRounds, 1);
  assert.equal(play('PF', 'FF', 'PF').view(subject)?.failingRounds, 2);
});

test('R5: after a freeze every target is looked at afresh, from what is believed', () => {
  const frozen = ['PF', 'PF', 'PF', 'FF', 'FF', 'FF'];
  assert.equal(play(...frozen).sanity, 'frozen');
  assert.equal(play(...frozen, 'P').view(subject), undefined);
  const view = play(...frozen, 'PF').view(subject);
  assert.deepEqual([view?.state, view?.failingRounds], ['pass', 1]);
});
