import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'node:test';
import { z } from 'zod';
import type { IpAddress } from '#base/ip.ts';
import { checkOf, run } from './checks.fixture.ts';

const program = fileURLToPath(new URL('icmp-process.fixture.ts', import.meta.url));
const canUnshare = spawnSync('unshare', ['-n', 'true']).status === 0;
const needsNetwork = canUnshare ? false : 'a network namespace of its own needs root';
const outcomes = z.array(z.object({ passed: z.boolean(), reason: z.string(), unable: z.boolean().optional() }));

/** Echoes in a network namespace in which the groups that may send them are given. */
function echoes(groups: string, addresses: readonly string[]): z.infer<typeof outcomes> {
  const script = `ip link set lo up && echo '${groups}' >/proc/sys/net/ipv4/ping_group_range && exec "$0" "$@"`;
  const args = ['-n', 'sh', '-c', script, process.execPath, program, ...addresses];
  const { status, stdout, stderr } = spawnSync('unshare', args, { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return outcomes.parse(JSON.parse(stdout));
}

test('the kernel answers an echo over IPv4 and IPv6; who does not answer fails', { skip: needsNetwork }, () => {
  const [four, six, nobody] = echoes('0 2147483647', ['127.0.0.1', '::1', '192.0.2.1']);
  assert.deepEqual(
    [four, six],
    [
      { passed: true, reason: 'echo reply' },
      { passed: true, reason: 'echo reply' },
    ],
  );
  assert.equal(nobody?.passed, false);
  assert.match(nobody.reason, /^echo to 192\.0\.2\.1 cannot be sent: .*ENETUNREACH/);
});

test('where echoes are not permitted the check says so and is no evidence (R3)', { skip: needsNetwork }, () => {
  const [outcome] = echoes('1 0', ['127.0.0.1']);
  assert.deepEqual(outcome, {
    passed: false,
    reason: 'ICMP is not permitted here: EACCES, see net.ipv4.ping_group_range',
    unable: true,
  });
});

test('an echo passes, or says that it is not permitted, whatever this machine allows', async () => {
  const outcome = await run(checkOf({ kind: 'icmp' }, 1, { address: '127.0.0.1' as IpAddress }));
  const [low = 1, high = 0] = readFileSync('/proc/sys/net/ipv4/ping_group_range', 'utf8')
    .trim()
    .split(/\s+/)
    .map(Number);
  const isPermitted = low <= high && (process.getgroups?.() ?? []).some((group) => group >= low && group <= high);
  assert.equal(outcome.passed, isPermitted, outcome.reason);
});
