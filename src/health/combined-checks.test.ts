import assert from 'node:assert/strict';
import test from 'node:test';
import { present } from '#base/assert.ts';
import type { IpAddress } from '#base/ip.ts';
import type { MonoMs } from '#base/time.ts';
import { combineChecks, defineCheck } from './check.ts';
import type { CheckDefinition, CheckKind } from './check.ts';
import { findCycle } from './dependencies.ts';
import { HealthEngine } from './engine.ts';
import type { HealthInput } from './engine.ts';
import { subjectKey } from './model.ts';
import type { SiteId, Subject } from './model.ts';

const timing = { intervalMs: 1000, timeoutMs: 500, rise: 1, fall: 2 };
const address = '192.0.2.10' as IpAddress;

function checkOf(what: CheckKind, port = 80): CheckDefinition {
  return defineCheck({ what, address, port, ...timing });
}

function subjectOf(service: string, site: SiteId, check: CheckDefinition): Subject {
  return {
    key: subjectKey(service, site, 4),
    service,
    site,
    family: 4,
    vip: address,
    nodes: [],
    check,
    vrrpGraceMs: 8000,
  };
}

/** An engine of site `fra` with these subjects, and what the test does with it. */
function engineOf(subjects: readonly Subject[]) {
  const engine = new HealthEngine('fra');
  let nowMs = 0;
  const step = (input: HealthInput): number => engine.step(input, nowMs++ as MonoMs).length;
  step({ kind: 'model', model: { subjects, references: [], probes: [], sites: ['fra', 'iad'] } });
  return {
    engine,
    say: (check: CheckDefinition, passed: boolean): number =>
      step({ kind: 'result', check: check.id, passed, reason: passed ? 'connected' : 'refused' }),
    stateOf: (subject: Subject): string => present(engine.verdict(subject.key), 'the verdict').state,
    reasonOf: (subject: Subject): string => present(engine.verdict(subject.key), 'the verdict').reason,
  };
}

test('of several checks the worst decides, each by its own rise and fall, and unknown is not up', () => {
  const [first, second] = [checkOf({ kind: 'tcp' }), checkOf({ kind: 'tcp' }, 443)];
  const www = subjectOf('www', 'fra', combineChecks([first, second]));
  const { engine, say, stateOf, reasonOf } = engineOf([www]);
  say(first, true);
  assert.equal(stateOf(www), 'unknown');
  assert.deepEqual(engine.observations(), []);
  say(second, true);
  assert.equal(stateOf(www), 'up');
  say(second, false);
  assert.equal(stateOf(www), 'up');
  say(second, false);
  assert.equal(stateOf(www), 'down');
  assert.match(reasonOf(www), /refused/);
  assert.deepEqual(
    engine.observations().map(({ check, state, failingRounds }) => [check, state, failingRounds]),
    [[www.check.id, 'fail', 2]],
  );
  say(first, false);
  say(second, true);
  assert.equal(stateOf(www), 'up', 'the first has failed once only');
});

test('a failing check decides before the others have any result', () => {
  const [first, second] = [checkOf({ kind: 'tcp' }), checkOf({ kind: 'tcp' }, 443)];
  const www = subjectOf('www', 'fra', combineChecks([first, second]));
  const { say, stateOf } = engineOf([www]);
  say(first, false);
  assert.equal(stateOf(www), 'down');
});

test('a constant decides without a probe, alone and among others', () => {
  const tcp = checkOf({ kind: 'tcp' });
  const down = subjectOf('a', 'fra', checkOf({ kind: 'constant', state: 'down' }));
  const up = subjectOf('b', 'fra', checkOf({ kind: 'constant', state: 'up' }));
  const both = subjectOf('c', 'fra', combineChecks([tcp, checkOf({ kind: 'constant', state: 'up' })]));
  const { say, stateOf } = engineOf([down, up, both]);
  assert.deepEqual([down, up, both].map(stateOf), ['down', 'up', 'unknown']);
  say(tcp, true);
  assert.equal(stateOf(both), 'up');
});

test('a service follows another in the same step, through a chain, whatever order they stand in', () => {
  const tcp = checkOf({ kind: 'tcp' });
  const follows = (service: string): CheckDefinition => checkOf({ kind: 'service', service });
  const web = subjectOf('web', 'fra', follows('app'));
  const app = subjectOf('app', 'fra', follows('db'));
  const db = subjectOf('db', 'fra', tcp);
  const { say, stateOf, reasonOf } = engineOf([web, app, db]);
  assert.deepEqual([web, app, db].map(stateOf), ['unknown', 'unknown', 'unknown']);
  say(tcp, true);
  assert.deepEqual([web, app, db].map(stateOf), ['up', 'up', 'up']);
  say(tcp, false);
  assert.equal(say(tcp, false), 3);
  assert.deepEqual([web, app, db].map(stateOf), ['down', 'down', 'down']);
  assert.match(reasonOf(web), /app is down/);
});

test('a service follows the endpoint of its own site, and any where there is none here', () => {
  const [here, there] = [checkOf({ kind: 'tcp' }), checkOf({ kind: 'tcp' }, 81)];
  const web = subjectOf('web', 'fra', checkOf({ kind: 'service', service: 'db' }));
  const mail = subjectOf('mail', 'ams', checkOf({ kind: 'service', service: 'db' }));
  const dbs = [subjectOf('db', 'fra', here), subjectOf('db', 'iad', there)];
  const { say, stateOf } = engineOf([web, mail, ...dbs]);
  say(here, false);
  say(there, true);
  assert.deepEqual([web, mail].map(stateOf), ['down', 'up']);
});

test('a service that follows one which does not exist stays unknown', () => {
  const web = subjectOf('web', 'fra', checkOf({ kind: 'service', service: 'nobody' }));
  assert.equal(engineOf([web]).stateOf(web), 'unknown');
});

test('the weight that a check read is kept until it reads another', () => {
  const probe = checkOf({ kind: 'tcp' });
  const engine = new HealthEngine('fra');
  const at = (nowMs: number): MonoMs => nowMs as MonoMs;
  engine.step({ kind: 'model', model: { subjects: [], references: [], probes: [probe], sites: ['fra'] } }, at(0));
  const say = (nowMs: number, weight?: number): unknown => {
    const result = { check: probe.id, passed: weight !== undefined, reason: 'status', weight };
    engine.step({ kind: 'results', results: [result] }, at(nowMs));
    return engine.probe(probe.id).weight;
  };
  assert.equal(engine.probe(probe.id).weight, undefined);
  assert.equal(say(1, 70), 70);
  assert.equal(say(2), 70);
  assert.equal(say(3, 5), 5);
});

test('services that follow each other in a circle are found, with the way', () => {
  const follows = new Map([
    ['web', ['app', 'mail']],
    ['mail', []],
    ['app', ['db']],
    ['db', ['app']],
  ]);
  assert.deepEqual(findCycle(follows), ['app', 'db', 'app']);
  assert.equal(findCycle(new Map([['web', ['web', 'db']]]))?.join(' '), 'web web');
  assert.equal(
    findCycle(
      new Map([
        ['web', ['app', 'db']],
        ['app', ['db']],
      ]),
    ),
    undefined,
  );
});
