import assert from 'node:assert/strict';
import test from 'node:test';
import type { Status } from '#api/status.ts';
import { renderStatus, statusExitCode } from './render-status.ts';
import { plain } from './table.ts';

const status: Status = {
  site: 'fra',
  version: '0.1.0',
  uptimeMs: 192_000,
  release: { epoch: 1, sequence: 4, digest: 'd14fb1a18cc8f00d' },
  role: 'writer',
  sanity: 'sane',
  services: [
    {
      service: 'www',
      mode: 'normal',
      endpoints: [
        {
          site: 'fra',
          family: 4,
          address: '192.0.2.10',
          port: 80,
          state: 'up',
          answered: true,
          drained: false,
          changePending: false,
          basis: 'inside',
          reason: 'lb1: 2 of 2 servers usable',
          sinceMs: 41_000,
          nodes: [
            { node: 'lb1', state: 'up', ownsVip: true, ageMs: 300, reason: '2 of 2 servers usable' },
            { node: 'lb2', state: 'silent', reason: 'has not reported since the start' },
          ],
        },
      ],
    },
  ],
  prefixes: [{ prefix: '203.0.113.0/24', state: 'announced', reason: 'www is up', sinceMs: 41_000, holdsAnchor: true }],
  routers: [{ name: 'r1', address: '192.0.2.1', state: 'established', reason: 'eBGP', announced: ['203.0.113.0/24'] }],
  overrides: [],
  peers: [{ site: 'iad', state: 'fresh', sane: true, release: '1.4', ageMs: 200 }],
  dns: { listen: ['192.0.2.53:53'], queries: 12, counters: {} },
};

test('a status reads as one table for each thing, nothing where there is nothing', () => {
  assert.equal(
    renderStatus(status, 0, plain),
    `site fra  release 1.4 (d14fb1a18cc8, writer)
DNS on 192.0.2.53:53, 12 queries, up 3m12s

SERVICE  SITE  STATE  ANSWERED  ADDRESS        SINCE  REASON
www      fra   up     yes       192.0.2.10:80  41s    lb1: 2 of 2 servers usable

SITE  NODE  SERVICE  STATE   VIP    AGE    REASON
fra   lb1   www      up      owner  300ms  2 of 2 servers usable
fra   lb2   www      silent  -      -      has not reported since the start

PREFIX          STATE      ANCHOR  SINCE  REASON
203.0.113.0/24  announced  held    41s    www is up

ROUTER  ADDRESS    SESSION      TOLD            REASON
r1      192.0.2.1  established  203.0.113.0/24  eBGP

COORDINATOR  STATE  SANE  RELEASE  AGE
iad          fresh  yes   1.4      200ms
`,
  );
});

test('the exit code says how bad it is: 0 well, 1 something is not, 2 a service is answered without health', () => {
  const [service] = status.services;
  assert.ok(service !== undefined);
  const rows: [change: Partial<Status>, code: number][] = [
    [{}, 0],
    [{ sanity: 'frozen' }, 1],
    [{ peers: [{ site: 'iad', state: 'silent' }] }, 1],
    [
      { services: [{ ...service, endpoints: service.endpoints.map((each) => ({ ...each, state: 'down' as const })) }] },
      1,
    ],
    [{ services: [{ ...service, mode: 'failOpen' }] }, 2],
    [{ services: [{ ...service, mode: 'frozen' }], sanity: 'frozen' }, 2],
  ];
  for (const [change, code] of rows)
    assert.equal(statusExitCode({ ...status, ...change }), code, JSON.stringify(change));
});

test('a service with tiers tells which is active, since when and why, and what an endpoint gets of its weight', () => {
  const [service] = status.services;
  const [fra] = service?.endpoints ?? [];
  assert.ok(service !== undefined && fra !== undefined);
  const standby = { ...fra, answered: false, standby: true, nodes: [] };
  const iad = { ...fra, site: 'iad', weight: 30, configuredWeight: 100, shed: 0.125, nodes: [] };
  const last = { cause: 'health', site: 'iad', who: 'fairlead', reason: 'fra is down', sinceUnixMs: 0 } as const;
  const failover = { tiers: ['fra', 'iad'], failover: 'auto', failback: 'manual', active: 1, last, held: 'fra is up' };
  const tiered: Status = { ...status, services: [{ ...service, failover, endpoints: [standby, iad] }] };
  assert.equal(
    renderStatus(tiered, 90_000, plain).split('\n\n').slice(1, 3).join('\n\n'),
    `SERVICE  SITE  STATE                            ANSWERED  ADDRESS        SINCE  REASON
www      fra   up, standby                      no        192.0.2.10:80  41s    lb1: 2 of 2 servers usable
www      iad   up, weight 30 of 100, sheds 13%  yes       192.0.2.10:80  41s    lb1: 2 of 2 servers usable

SERVICE  ACTIVE  TIERS      FAILOVER  FAILBACK  SINCE  BY               REASON
www      iad     fra > iad  auto      manual    1m30s  fairlead at iad  fra is down; waits: fra is up`,
  );
  assert.equal(statusExitCode(tiered), 1);
});
