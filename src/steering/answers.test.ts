import assert from 'node:assert/strict';
import test from 'node:test';
import type { IpAddress } from '#base/ip.ts';
import type { MonoMs } from '#base/time.ts';
import type { VerdictState } from '#health/verdict.ts';
import { subjectKey } from '#health/model.ts';
import { AnswerEngine } from './answers.ts';
import type { ServiceLook } from './answers.ts';
import type { Endpoint } from './model.ts';

const families = [4, 6] as const;
const endpoints: readonly Endpoint[] = ['fra', 'iad'].flatMap((site) =>
  families.map((family) => ({
    subject: subjectKey('www', site, family),
    service: 'www',
    site,
    family,
    answer: '192.0.2.1' as IpAddress,
    port: 80,
    hasAgents: true,
  })),
);

interface World {
  readonly down?: readonly string[];
  readonly drained?: readonly string[];
  readonly unreachable?: readonly string[];
}

const plain: ServiceLook = {
  service: 'www',
  endpoints,
  minHealthy: 1,
  onAllDown: 'failOpen',
  drainedInPanic: false,
  nested: new Map(),
  tier: undefined,
};

/** Decides the steps one after another; the mode and the endpoints that are answered after the last. */
function decide(...steps: [atMs: number, World][]): readonly string[] {
  const engine = new AnswerEngine();
  let seen: readonly string[] = [];
  for (const [atMs, { down = [], drained = [], unreachable = [] }] of steps) {
    const stateOf = (key: string): VerdictState => (down.some((part) => key.includes(part)) ? 'down' : 'up');
    const service = engine.decide(plain, {
      verdictOf: (key) => ({
        state: stateOf(key),
        since: 0 as MonoMs,
        reason: '',
        basis: 'inside',
        changePending: false,
      }),
      drainedSites: new Set(drained),
      isReachable: (endpoint) => !unreachable.includes(endpoint.site),
      nowMs: atMs as MonoMs,
    });
    const answered = service.endpoints.filter((each) => each.answerable).map((each) => each.endpoint.subject);
    seen = [service.mode, ...answered.map((key) => key.slice('www/'.length))];
  }
  return seen;
}

test('R2, R8, R25: which endpoints are answered', () => {
  const all = ['fra/4', 'fra/6', 'iad/4', 'iad/6'];
  const dead = { down: ['fra', 'iad'] };
  const rows: [steps: [number, World][], expected: string[]][] = [
    [[[0, {}]], ['normal', ...all]],
    [[[0, { down: ['fra/4'] }]], ['normal', 'fra/6', 'iad/4', 'iad/6']],
    [[[0, { down: ['fra/4', 'iad/4'] }]], ['normal', 'fra/6', 'iad/6']],
    [[[0, { drained: ['fra'] }]], ['normal', 'iad/4', 'iad/6']],
    [[[0, { unreachable: ['fra'] }]], ['normal', 'iad/4', 'iad/6']],
    [[[0, { down: ['iad'], unreachable: ['fra'] }]], ['failOpen', 'iad/4', 'iad/6']],
    [[[0, dead]], ['failOpen', ...all]],
    [[[0, { ...dead, drained: ['fra'] }]], ['failOpen', 'iad/4', 'iad/6']],
    [[[0, { ...dead, unreachable: ['fra'] }]], ['failOpen', 'iad/4', 'iad/6']],
    [[[0, { ...dead, unreachable: ['fra', 'iad'] }]], ['failOpen', ...all]],
    [
      [
        [0, { down: ['fra/6'] }],
        [30_000, dead],
      ],
      ['frozen', 'fra/4', 'iad/4', 'iad/6'],
    ],
    [
      [
        [0, { down: ['fra/6'] }],
        [30_001, dead],
      ],
      ['failOpen', ...all],
    ],
    [
      [
        [0, {}],
        [1000, { down: ['fra/6'] }],
        [2000, dead],
      ],
      ['frozen', ...all],
    ],
    [
      [
        [0, {}],
        [1000, { down: ['fra/6'] }],
        [6000, { down: ['fra/6'] }],
        [6001, dead],
      ],
      ['frozen', 'fra/4', 'iad/4', 'iad/6'],
    ],
    [
      [
        [0, { down: ['fra/6'] }],
        [1000, dead],
        [90_000, { ...dead, drained: ['fra'] }],
      ],
      ['frozen', 'iad/4', 'iad/6'],
    ],
  ];
  for (const [steps, expected] of rows) assert.deepEqual(decide(...steps), expected, JSON.stringify(steps));
});
