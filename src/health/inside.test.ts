import assert from 'node:assert/strict';
import test from 'node:test';
import type { IpAddress } from '#base/ip.ts';
import type { MonoMs } from '#base/time.ts';
import { defineCheck } from './check.ts';
import { viewInside } from './inside.ts';
import type { NodeView } from './inside.ts';
import { subjectKey } from './model.ts';
import type { Subject } from './model.ts';

const vip = '10.66.1.100' as IpAddress;
const subject: Subject = {
  key: subjectKey('www', 'fra', 4),
  service: 'www',
  site: 'fra',
  family: 4,
  vip,
  nodes: ['a', 'b'],
  check: defineCheck({ what: { kind: 'tcp' }, address: vip, port: 80, intervalMs: 1, timeoutMs: 1, rise: 1, fall: 1 }),
  vrrpGraceMs: 8000,
};

type State = 'up' | 'down' | 'draining' | 'unknown';

/** `owner`: has the VIP; `spare`: has not; `plain`: does not speak of the VIP. */
function node(name: string, state: State | 'silent', role: 'owner' | 'spare' | 'plain'): NodeView {
  if (state === 'silent') return { node: name, report: undefined };
  const owned = role === 'owner';
  return {
    node: name,
    report: {
      site: 'fra',
      node: name,
      boot: 'b',
      sequence: 1,
      leaseMs: 3000,
      services: [{ service: 'www', state, reason: state, usableServers: 1, totalServers: 1, capacity: 1 }],
      vips: role === 'plain' ? [] : [{ address: vip, owned, state: 'unknown' }],
    },
  };
}

test('R3, R4, R6: the inside view follows the owner, waits for a spare, and never makes down of silence', () => {
  const rows: [nodes: [State | 'silent', 'owner' | 'spare' | 'plain'][], gapMs: number, kind: string][] = [
    [
      [
        ['up', 'owner'],
        ['up', 'spare'],
      ],
      0,
      'up',
    ],
    [
      [
        ['up', 'owner'],
        ['down', 'spare'],
      ],
      0,
      'up',
    ],
    [
      [
        ['up', 'owner'],
        ['silent', 'spare'],
      ],
      0,
      'up',
    ],
    [
      [
        ['draining', 'owner'],
        ['up', 'spare'],
      ],
      0,
      'draining',
    ],
    [
      [
        ['unknown', 'owner'],
        ['up', 'spare'],
      ],
      0,
      'unknown',
    ],
    [
      [
        ['down', 'owner'],
        ['down', 'spare'],
      ],
      0,
      'down',
    ],
    [
      [
        ['down', 'owner'],
        ['silent', 'spare'],
      ],
      0,
      'down',
    ],
    [
      [
        ['down', 'owner'],
        ['up', 'spare'],
      ],
      7999,
      'hold',
    ],
    [
      [
        ['down', 'owner'],
        ['up', 'spare'],
      ],
      8000,
      'down',
    ],
    [
      [
        ['up', 'spare'],
        ['up', 'spare'],
      ],
      7999,
      'hold',
    ],
    [
      [
        ['up', 'spare'],
        ['up', 'spare'],
      ],
      8000,
      'down',
    ],
    [
      [
        ['down', 'spare'],
        ['down', 'spare'],
      ],
      0,
      'down',
    ],
    [
      [
        ['silent', 'spare'],
        ['up', 'spare'],
      ],
      60_000,
      'unknown',
    ],
    [
      [
        ['silent', 'spare'],
        ['down', 'spare'],
      ],
      0,
      'unknown',
    ],
    [
      [
        ['silent', 'spare'],
        ['silent', 'spare'],
      ],
      0,
      'unknown',
    ],
    [
      [
        ['down', 'owner'],
        ['up', 'owner'],
      ],
      0,
      'up',
    ],
    [
      [
        ['up', 'plain'],
        ['down', 'plain'],
      ],
      0,
      'up',
    ],
    [
      [
        ['down', 'plain'],
        ['down', 'plain'],
      ],
      0,
      'down',
    ],
  ];
  for (const [nodes, gapMs, kind] of rows) {
    const views = nodes.map(([state, role], index) => node(index === 0 ? 'a' : 'b', state, role));
    const since = gapMs === 0 ? undefined : (0 as MonoMs);
    const view = viewInside(subject, views, { since, nowMs: gapMs as MonoMs });
    assert.equal(view.inside.kind, kind, JSON.stringify([nodes, gapMs]));
  }
});

test('R6: a gap begins when the owner is lost and ends when one is back', () => {
  const gone = [node('a', 'down', 'owner'), node('b', 'up', 'spare')];
  const first = viewInside(subject, gone, { since: undefined, nowMs: 100 as MonoMs });
  assert.equal(first.gapSince, 100);
  const later = viewInside(subject, gone, { since: first.gapSince, nowMs: 5000 as MonoMs });
  assert.equal(later.gapSince, 100);
  const back = viewInside(subject, [node('a', 'down', 'spare'), node('b', 'up', 'owner')], {
    since: later.gapSince,
    nowMs: 6000 as MonoMs,
  });
  assert.equal(back.gapSince, undefined);
  assert.deepEqual(back.owners, ['b']);
});
