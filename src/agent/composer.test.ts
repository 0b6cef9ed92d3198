import assert from 'node:assert/strict';
import test from 'node:test';
import type { ServiceReport, VipReport } from '#health/report.ts';
import { createReportComposer } from './composer.ts';
import type { ComposerInput } from './composer.ts';

function services(parts: Partial<ServiceReport> = {}): ComposerInput {
  const whole = { state: 'up', reason: 'fine', usableServers: 2, totalServers: 2, capacity: 1 } as const;
  return { kind: 'services', reports: [{ service: 'www', ...whole, ...parts }] };
}

function vips(parts: Partial<VipReport> = {}): ComposerInput {
  return { kind: 'vips', reports: [{ address: '10.66.1.100', owned: true, state: 'MASTER', ...parts }] };
}

test('there is no report before every side of the node was heard (R7)', () => {
  const composer = createReportComposer({ haproxy: true, keepalived: true });
  assert.equal(composer.step(vips()), false);
  assert.equal(composer.body(), undefined);
  assert.equal(composer.step(services()), true);
  assert.deepEqual(composer.body()?.services.length, 1);
});

test('a side that the node does not have is not waited for', () => {
  const composer = createReportComposer({ haproxy: true, keepalived: false });
  assert.equal(composer.step(services()), true);
  assert.deepEqual(composer.body()?.vips, []);
  assert.deepEqual(createReportComposer({ haproxy: false, keepalived: false }).body(), { services: [], vips: [] });
});

test('what moves answers is urgent, numbers that drift are not', () => {
  const rows: [input: ComposerInput, urgent: boolean][] = [
    [services(), false],
    [services({ load: 0.4, capacity: 0.9, reason: 'fine too' }), false],
    [services({ state: 'down', usableServers: 0 }), true],
    [services({ holding: 'restarting' }), true],
    [services({ usableServers: 1 }), true],
    [vips(), false],
    [vips({ owned: false }), true],
    [vips({ state: 'BACKUP' }), true],
  ];
  for (const [input, urgent] of rows) {
    const composer = createReportComposer({ haproxy: true, keepalived: true });
    composer.step(services());
    composer.step(vips());
    assert.equal(composer.step(input), urgent, JSON.stringify(input));
  }
});
