import assert from 'node:assert/strict';
import test from 'node:test';
import type { BgpStatus } from '#api/bgp.ts';
import type { NeighborSnapshot, Negotiated } from '#border/snapshot.ts';
import { soundStatus } from './doctor.fixture.ts';
import { examine } from './findings.ts';

/** The sound site with one change to the session of its first neighbor. */
function withFirst(change: Partial<NeighborSnapshot>): BgpStatus {
  const status = soundStatus();
  return {
    ...status,
    speakers: status.speakers.map((speaker) => ({
      ...speaker,
      neighbors: speaker.neighbors.map((neighbor, index) => (index === 0 ? { ...neighbor, ...change } : neighbor)),
    })),
  };
}

function withAgreed(change: Partial<Negotiated>): BgpStatus {
  const before = soundStatus().speakers[0]?.neighbors[0]?.negotiated;
  assert.ok(before !== undefined);
  return withFirst({ negotiated: { ...before, ...change } });
}

const faults = (status: BgpStatus): readonly string[] =>
  examine(status).map(({ where, fault }) => `${where}: ${fault}`);

test('a site that is as the release asks for has no findings', () => {
  assert.deepEqual(faults(soundStatus()), []);
});

test('what the router did not agree to is found, one finding for each', () => {
  const rows: [BgpStatus, RegExp][] = [
    [withAgreed({ families: ['ipv4-unicast'] }), /^coordinator fra-rt1: ipv6-unicast is not agreed on/],
    [withAgreed({ gracefulRestart: undefined }), /does no graceful restart/],
    [
      withAgreed({ gracefulRestart: { peerRestartTimeSeconds: 1, isPeerRestarting: false, hasNotification: false } }),
      /RFC 8538/,
    ],
    [withAgreed({ holdTimeSeconds: 3 }), /the hold time is 3 s/],
    [withAgreed({ fourOctetAs: false }), /four octets/],
    [withAgreed({ peerRole: undefined }), /tells no role/],
    [withFirst({ bfd: undefined }), /BFD does not run/],
  ];
  for (const [status, pattern] of rows) {
    const found = faults(status);
    assert.equal(found.length, 1, found.join('\n'));
    assert.match(found[0] ?? '', pattern);
  }
});

test('a session that is not up says what to look at, by what the kernel dropped', () => {
  const down = withFirst({ state: 'idle', reason: 'the connection was refused', negotiated: undefined });
  const remedies = (kernel: BgpStatus['kernel']): string =>
    examine({ ...down, kernel })
      .map(({ remedy }) => remedy)
      .join();
  const quiet = remedies({ md5Failures: 0, minTtlDrops: 0 });
  assert.match(quiet, /^compare the TCP-MD5 key 'rt1' on both sides; see that GTSM is on .*; compare addresses and AS/);
  assert.match(remedies({ md5Failures: 4, minTtlDrops: 0 }), /TCP-MD5 key 'rt1' on both sides \(4 segments/);
  // Old drops for one thing do not hide the other.
  const old = remedies({ md5Failures: 0, minTtlDrops: 9 });
  assert.match(old, /TCP-MD5 key 'rt1' on both sides; see that GTSM is on at the router, too \(9 segments/);
});

test('what the kernel dropped is that of the machine that speaks', () => {
  const down = withFirst({ state: 'connect', reason: 'no answer', negotiated: undefined });
  const ofNode = { md5Failures: 7, minTtlDrops: 0 };
  const status: BgpStatus = {
    ...down,
    kernel: { md5Failures: 1000, minTtlDrops: 0 },
    speakers: down.speakers.map((speaker) => ({ ...speaker, kernel: ofNode })),
  };
  const [found] = examine(status);
  assert.match(found?.remedy ?? '', /on both sides \(7 segments/);
});

test('a route that cannot be told, and one that waits, are found', () => {
  const plan = { prefix: '203.0.113.0/24', reason: 'www is up' };
  const refused = withFirst({ plan: [{ ...plan, change: 'refuse', refusal: 'no IPv4 next hop' }] });
  assert.match(faults(refused).join(), /cannot be told: no IPv4 next hop/);
  assert.match(faults(withFirst({ plan: [{ ...plan, change: 'replace' }] })).join(), /is not told as it is wanted yet/);
});

test('a site with one border router, and a node that is silent, are found', () => {
  const status = soundStatus();
  const [first] = status.bgp?.neighbors ?? [];
  assert.ok(status.bgp !== undefined && first !== undefined);
  assert.match(faults({ ...status, bgp: { ...status.bgp, neighbors: [first] } }).join(), /one border router/);
  const byNodes: BgpStatus = {
    ...status,
    bgp: { ...status.bgp, mode: 'nodes' },
    speakers: [{ speaker: 'fra-lb1', routerId: '10.66.1.11', neighbors: [] }],
  };
  assert.deepEqual(faults(byNodes), ['fra-lb1: the node has not reported']);
});

test('R28: session settings that are not in force yet are found, and who is waited for', () => {
  const change = { neighbors: ['fra-rt1'], reason: 'iad is changing its sessions' };
  assert.deepEqual(faults({ ...soundStatus(), sessionChange: { ...change, state: 'waiting' } }), [
    "fra: the release's session settings of fra-rt1 wait: iad is changing its sessions",
  ]);
  assert.match(faults({ ...soundStatus(), sessionChange: { ...change, state: 'going' } }).join(), /begun anew/);
});
