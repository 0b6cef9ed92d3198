import assert from 'node:assert/strict';
import test from 'node:test';
import type { CheckStatus } from '#api/checks.ts';
import { plain } from '../table.ts';
import { renderChecks } from './get.ts';

function status(parts: Partial<CheckStatus>): CheckStatus {
  const counts = { runs: 10, failures: 0, unable: 0 };
  return {
    check: 'tcp://192.0.2.1:80',
    kind: 'tcp',
    usedBy: ['www/fra/4'],
    state: 'up',
    streak: 10,
    ...counts,
    ...parts,
  };
}

test('checks are listed with those that are down first, what was found last, and what they are for', () => {
  const last = { result: 'pass', reason: 'connected', durationMs: 12, latenessMs: 0.4, ageMs: 300 } as const;
  const checks = [
    status({ last }),
    status({ check: 'icmp 192.0.2.2', state: 'unknown', streak: 0, runs: 0, usedBy: ['reference'] }),
    status({
      check: 'tcp://192.0.2.3:80',
      state: 'down',
      streak: 3,
      failures: 3,
      usedBy: ['a', 'b', 'c', 'd', 'e'],
      last: { ...last, result: 'fail', reason: 'connect 192.0.2.3:80 refused', durationMs: 1 },
    }),
  ];
  assert.equal(
    renderChecks({ site: 'fra', checks }, plain),
    `STATE    STREAK     RUNS  FAILED  TOOK  LATE  LAST                          CHECK               FOR
down     3 failed   10    3       1ms   0ms   connect 192.0.2.3:80 refused  tcp://192.0.2.3:80  a b c and 2 more
unknown  -          0     0       -     -     -                             icmp 192.0.2.2      reference
up       10 passed  10    0       12ms  0ms   connected                     tcp://192.0.2.1:80  www/fra/4`,
  );
});

test('a weight, and runs that this machine could not do, are shown', () => {
  const last = {
    result: 'unable',
    reason: 'ICMP is not permitted here',
    durationMs: 1,
    latenessMs: 0,
    ageMs: 1,
  } as const;
  const text = renderChecks({ site: 'fra', checks: [status({ unable: 4, weight: 70, last })] }, plain);
  assert.match(text, /0, 4 not run .* ICMP is not permitted here, weight 70/);
});

test('no check at all is said', () => {
  assert.equal(renderChecks({ site: 'fra', checks: [] }, plain), 'no such check runs at fra');
});
