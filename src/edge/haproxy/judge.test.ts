import assert from 'node:assert/strict';
import test from 'node:test';
import { serviceReportSchema } from '#health/report.ts';
import type { ServiceReport } from '#health/report.ts';
import { judge } from './judge.ts';
import type { ServiceMapping } from './judge.ts';
import { frontend, mapping, sampleOf, server } from './sample-builder.test-support.ts';
import type { ServerRow, StatRow } from './sample.ts';

interface Case {
  readonly name: string;
  readonly servers: readonly ServerRow[];
  readonly backend?: string;
  readonly others?: readonly StatRow[];
  readonly mapping?: Partial<ServiceMapping>;
  readonly expect: Partial<ServiceReport>;
  readonly isSettled?: boolean;
}

const down = server({ status: 'DOWN', checkStatus: 'L4CON', lastCheck: 'Connection refused', name: 'web2' });

const cases: readonly Case[] = [
  {
    name: 'every server up: up at full capacity',
    servers: [server(), server({ name: 'web2' })],
    expect: { state: 'up', usableServers: 2, totalServers: 2, capacity: 1, reason: '2 of 2 servers usable' },
  },
  {
    name: 'one of two down: up at half capacity',
    servers: [server(), down],
    expect: { state: 'up', usableServers: 1, totalServers: 2, capacity: 0.5 },
  },
  {
    name: 'all down: down, and the reason names them',
    servers: [down],
    backend: 'DOWN',
    expect: {
      state: 'down',
      capacity: 0,
      reason: '0 of 1 servers usable: web2 DOWN (L4CON Connection refused)',
    },
  },
  {
    name: 'fewer than minServers usable: down, although HAProxy calls the backend up',
    servers: [server(), down],
    mapping: { minServers: 2 },
    expect: {
      state: 'down',
      usableServers: 1,
      reason: '1 of 2 servers usable, 2 wanted: web2 DOWN (L4CON Connection refused)',
    },
  },
  {
    name: 'a failing server that is still up is usable, and not settled',
    servers: [server({ status: 'UP 1/3', checkStatus: 'L7STS' })],
    expect: { state: 'up', usableServers: 1 },
    isSettled: false,
  },
  {
    name: 'a recovering server that is still down is not usable, and not settled',
    servers: [server({ status: 'DOWN 1/2' })],
    backend: 'DOWN',
    expect: { state: 'down', usableServers: 0 },
    isSettled: false,
  },
  {
    name: 'a server without its first check result is not settled',
    servers: [server({ checkStatus: 'INI' })],
    expect: { state: 'up' },
    isSettled: false,
  },
  {
    name: 'with filters the backend status carries numbers',
    servers: [server()],
    backend: 'UP (1/1)',
    expect: { state: 'up' },
  },
  {
    name: 'unchecked servers count as up, and the reason says so',
    servers: [server({ status: 'no check', checkStatus: '' })],
    expect: { state: 'up', usableServers: 1, reason: '1 of 1 servers usable, none of them checked' },
  },
  {
    name: 'a server that tracks another has no check status of its own and counts as checked',
    servers: [server({ checkStatus: '' })],
    expect: { state: 'up', reason: '1 of 1 servers usable' },
  },
  {
    name: 'every server in drain or maintenance: draining',
    servers: [server({ status: 'DRAIN', weight: 0 }), server({ status: 'MAINT (via be/web1)', checkStatus: '' })],
    backend: 'DOWN',
    expect: { state: 'draining', usableServers: 0 },
  },
  {
    name: 'one drained and the other dead: down, for its death is no wish',
    servers: [server({ status: 'DRAIN', weight: 0 }), down],
    backend: 'DOWN',
    expect: { state: 'down' },
  },
  {
    name: 'a server whose name does not resolve is dead, not drained',
    servers: [server({ status: 'MAINT (resolution)', checkStatus: '' })],
    backend: 'DOWN',
    expect: { state: 'down' },
  },
  {
    name: 'a server that asked for no new sessions (NOLB) is not usable',
    servers: [server({ status: 'NOLB' })],
    backend: 'DOWN',
    expect: { state: 'down', usableServers: 0 },
  },
  {
    name: 'slow start shows as capacity',
    servers: [server({ weight: 25, userWeight: 100 }), server({ name: 'web2', weight: 100, userWeight: 100 })],
    expect: { state: 'up', capacity: 0.625 },
  },
  {
    name: 'servers in maintenance leave the whole, drained ones stay in it',
    servers: [server(), server({ status: 'MAINT' }), server({ status: 'DRAIN', weight: 0 })],
    expect: { state: 'up', capacity: 0.5, totalServers: 3 },
  },
  {
    name: 'backup servers do not count by default, even where HAProxy calls the backend up by them',
    servers: [down, server({ isBackup: true, name: 'spare' })],
    expect: { state: 'down', usableServers: 0, totalServers: 1 },
  },
  {
    name: 'backup servers count where allowed',
    servers: [down, server({ isBackup: true, name: 'spare' })],
    mapping: { allowBackup: true },
    expect: { state: 'up', usableServers: 1, totalServers: 2, capacity: 1 },
  },
  {
    name: 'a backend without servers, such as a redirect, is up',
    servers: [],
    expect: { state: 'up', usableServers: 0, totalServers: 0, capacity: 1 },
  },
  {
    name: 'a frontend that is not open is down',
    servers: [server()],
    others: [frontend({ status: 'STOP' })],
    mapping: { frontends: ['fe_www'] },
    expect: { state: 'down', reason: 'frontend fe_www is STOP' },
  },
  {
    name: 'a frontend that HAProxy does not have cannot be judged: unknown (R3)',
    servers: [server()],
    mapping: { frontends: ['fe_ww'] },
    expect: { state: 'unknown', reason: 'HAProxy has no frontend "fe_ww"' },
  },
  {
    name: 'a backend that HAProxy does not have cannot be judged: unknown (R3)',
    servers: [],
    mapping: { backend: 'be_ww' },
    expect: { state: 'unknown', reason: 'HAProxy has no backend "be_ww"' },
  },
  {
    name: 'load is the fuller of the limited servers and the frontend',
    servers: [server({ sessions: 30, sessionLimit: 100 }), server({ name: 'web2', sessions: 1000 })],
    others: [frontend({ sessions: 60, sessionLimit: 200 })],
    mapping: { frontends: ['fe_www'] },
    expect: { state: 'up', load: 0.3 },
  },
];

for (const row of cases) {
  test(`judge: ${row.name}`, () => {
    const others = row.others ?? [];
    const { report, isSettled } = judge(sampleOf(row.servers, { backend: row.backend ?? 'UP', others }), {
      ...mapping,
      ...row.mapping,
    });
    assert.deepEqual({ ...report, ...row.expect }, report);
    assert.equal(isSettled, row.isSettled ?? true);
    serviceReportSchema.parse(report);
  });
}

test('without any limit there is no load, but the sessions of the usable servers', () => {
  const servers = [
    server({ sessions: 30 }),
    server({ name: 'web2', sessions: 12 }),
    server({ name: 'web3', status: 'DOWN', sessions: 5 }),
  ];
  const { report } = judge(sampleOf(servers), mapping);
  assert.equal('load' in report, false);
  assert.equal(report.sessions, 42);
});

test('the reason stays short however many servers are down', () => {
  const servers = Array.from({ length: 50 }, (_, index) =>
    server({ name: `web${index}`, status: 'DOWN', lastCheck: 'x'.repeat(400) }),
  );
  const { report } = judge(sampleOf(servers, { backend: 'DOWN' }), mapping);
  assert.ok(report.reason.length <= 500);
  assert.match(report.reason, /^0 of 50 servers usable: web0 DOWN/);
});
