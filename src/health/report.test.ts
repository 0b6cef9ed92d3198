import assert from 'node:assert/strict';
import test from 'node:test';
import { reportSchema, serviceReportSchema } from './report.ts';

const service = { service: 'www', state: 'up', reason: 'ok', usableServers: 1, totalServers: 1, capacity: 1 };
const report = { site: 'fra', node: 'lb1', boot: 'b', sequence: 0, leaseMs: 3000, services: [service], vips: [] };

test('text that could steer a terminal is made harmless, and the report is still taken', () => {
  const parsed = serviceReportSchema.parse({ ...service, reason: 'down\u001b[2J\nroot@fra:~#' });
  assert.equal(parsed.reason, 'down\ufffd[2J\ufffdroot@fra:~#');
});

test('a report with a value out of range is refused with its place', () => {
  const rows: [change: object, path: string][] = [
    [{ leaseMs: 1 }, 'leaseMs'],
    [{ sequence: -1 }, 'sequence'],
    [{ services: [{ ...service, capacity: 1.5 }] }, 'services.0.capacity'],
  ];
  for (const [change, path] of rows) {
    const parsed = reportSchema.safeParse({ ...report, ...change });
    assert.equal(parsed.error?.issues[0]?.path.join('.'), path);
  }
  assert.ok(reportSchema.safeParse(report).success);
});

test('keys of a newer version are left out, and the report is heard', () => {
  const newer = { ...report, colour: 'red', services: [{ ...service, pressure: 0.5 }] };
  assert.deepEqual(reportSchema.parse(newer), report);
});

test('round trips that are malformed are left out, and the report is heard', () => {
  const entry = { network: '192.0.2.0/24', rttMs: 20.5, weight: 10, ageSeconds: 0 };
  assert.deepEqual(reportSchema.parse({ ...report, latencies: [entry] }), { ...report, latencies: [entry] });
  for (const latencies of [[entry, { ...entry, rttMs: 'fast' }], 'none', [7]]) {
    assert.deepEqual(reportSchema.parse({ ...report, latencies }), { ...report, latencies: undefined });
  }
});
