import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPeerOptions } from './options.ts';
import type { PeerOptions } from './types.ts';

function options(changes: Partial<PeerOptions>): PeerOptions {
  return { address: '192.0.2.1', peerAsn: 65000, localAsn: 65001, routerId: '192.0.2.10', ...changes };
}

function fault(changes: Partial<PeerOptions>): string {
  const checked = checkPeerOptions(options(changes));
  return checked.ok ? 'no fault' : checked.fault;
}

void test('a role, graceful restart, import and export get their defaults', () => {
  const checked = checkPeerOptions(
    options({
      role: { local: 'customer' },
      gracefulRestart: { restartTimeSeconds: 120 },
      import: { accept: [], maxPrefixes: 10 },
      extendedNextHop: true,
    }),
  );
  assert.ok(checked.ok);
  const { policy, session } = checked.value;
  // RFC 9234 §4.1: customer is 3.
  assert.deepEqual(policy.role, { local: 3, isStrict: false });
  assert.deepEqual(session.role, policy.role);
  assert.equal(session.extendedNextHop, true);
  assert.deepEqual(policy.gracefulRestart, {
    restartTimeSeconds: 120,
    isForwardingPreserved: true,
    hasNotification: true,
  });
  assert.deepEqual(policy.import, { accept: [], maxPrefixes: 10 });
  assert.equal(policy.exportPrefixes, undefined);
});

void test('by default nothing is imported, nothing restarts and there is no role', () => {
  const checked = checkPeerOptions(options({}));
  assert.ok(checked.ok);
  assert.deepEqual(checked.value.policy, {
    exportPrefixes: undefined,
    import: undefined,
    gracefulRestart: undefined,
    role: undefined,
  });
});

void test('faulty values are refused with the option, the value and what was expected', () => {
  assert.equal(
    fault({ gracefulRestart: { restartTimeSeconds: 4096 } }),
    'restartTimeSeconds 4096 is not a whole number from 1 to 4095',
  );
  assert.equal(
    fault({ role: { local: 'peer' }, peerAsn: 65001 }),
    'role "peer" is for a peer in another AS, not in AS 65001',
  );
  assert.equal(
    fault({ import: { accept: [], maxPrefixes: 0 } }),
    'maxPrefixes 0 is not a whole number from 1 to 10000000',
  );
  assert.equal(
    fault({ import: { accept: [{ prefix: 'all' }], maxPrefixes: 1 } }),
    'import has "all", which is not a prefix with zero host bits',
  );
  assert.equal(
    fault({ exportPrefixes: [{ prefix: '192.0.2.0/24', maxLength: 40 }] }),
    'exportPrefixes has 192.0.2.0/24 with lengths 24 to 40, expected within 24 to 32, the least first',
  );
});

void test('a link-local peer without a device, and a hold time of 0 that is not allowed by name, are refused', () => {
  for (const connection of ['active', 'passive', 'both'] as const) {
    assert.equal(
      fault({ address: 'fe80::1', connection }),
      'socket.device is missing, and address "fe80::1" is link-local: it means something on one link only',
    );
  }
  assert.equal(fault({ address: 'fe80::1', socket: { device: 'eth0' } }), 'no fault');
  assert.equal(
    fault({ holdTimeSeconds: 0 }),
    'holdTimeSeconds 0 means that nobody notices a peer that is gone, save BFD; allowHoldTimeZero permits it',
  );
  assert.equal(fault({ holdTimeSeconds: 0, allowHoldTimeZero: true }), 'no fault');
});
