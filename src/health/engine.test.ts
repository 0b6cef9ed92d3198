import assert from 'node:assert/strict';
import test from 'node:test';
import { present } from '#base/assert.ts';
import type { IpAddress } from '#base/ip.ts';
import type { MonoMs } from '#base/time.ts';
import { defineCheck } from './check.ts';
import { HealthEngine } from './engine.ts';
import { subjectKey } from './model.ts';
import type { HealthModel, SiteId } from './model.ts';
import type { PeerReport } from './report.ts';

const timing = { intervalMs: 1000, timeoutMs: 500, rise: 1, fall: 3 };
const reference = defineCheck({ what: { kind: 'tcp' }, address: '198.51.100.1' as IpAddress, port: 53, ...timing });
const check = defineCheck({ what: { kind: 'tcp' }, address: '192.0.2.10' as IpAddress, port: 80, ...timing });
const subject = subjectKey('www', 'iad', 4);

function modelWith(sites: readonly SiteId[]): HealthModel {
  const [service, site, family] = ['www', 'iad', 4] as const;
  const vip = '192.0.2.10' as IpAddress;
  const subjects = [{ key: subject, service, site, family, vip, nodes: [], check, vrrpGraceMs: 8000 }];
  return { subjects, references: [reference], probes: [], sites };
}

function seesItDown(site: SiteId): PeerReport {
  return {
    site,
    boot: 'b',
    sequence: 1,
    leaseMs: 60_000,
    sane: true,
    observations: [{ check: check.id, state: 'fail', failingRounds: 9, reason: 'refused' }],
    anchors: [],
    overrides: [],
    appliedOverrides: [],
    release: { epoch: 1, sequence: 1 },
  };
}

test('a coordinator whose site the release does not have has no vote (R5)', () => {
  const engine = new HealthEngine('fra');
  const at = (nowMs: number): MonoMs => nowMs as MonoMs;
  const stateOf = (): string => present(engine.verdict(subject), 'the verdict').state;
  engine.step({ kind: 'model', model: modelWith(['fra', 'iad', 'ams', 'sin']) }, at(0));
  engine.step({ kind: 'result', check: reference.id, passed: true, reason: 'connected' }, at(10));
  engine.step({ kind: 'result', check: check.id, passed: true, reason: 'connected' }, at(20));
  engine.step({ kind: 'peerReport', report: seesItDown('ams') }, at(30));
  engine.step({ kind: 'peerReport', report: seesItDown('sin') }, at(40));
  assert.equal(stateOf(), 'down');

  // A release takes both sites away; their coordinators go on reporting until a person stops them.
  engine.step({ kind: 'model', model: modelWith(['fra', 'iad']) }, at(50));
  assert.equal(stateOf(), 'up');
  engine.step({ kind: 'peerReport', report: { ...seesItDown('ams'), sequence: 2 } }, at(60));
  assert.equal(stateOf(), 'up');
});
