/**
 * Soak of BFD: our speaker against FRR's bfdd at 300 ms × 3 over a cable between two network namespaces, one session in
 * a worker beside a main thread that makes garbage without end, one in a worker that makes garbage itself, while other
 * threads burn the processors. Counts flaps as both sides saw them, and says how our packets lay in time.
 *
 * Run as root: `node scripts/bfd-soak.ts [--minutes N] [--burners N]`; 60 minutes and a burner for each processor unless
 * told otherwise. Exit code 1 after a flap.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { readCapture } from '../src/bgp-ts/test/bfd-capture.ts';
import { bfdLabIsMissing, BfdLab, far, near } from '../src/bgp-ts/test/bfd-lab.ts';
import type { Bfdd, OurBfd } from '../src/bgp-ts/test/bfd-lab.ts';

const timing = { intervalMs: 300, multiplier: 3 } as const;
const inWorker = { ...timing, name: 'in worker', address: far.ipv4 } as const;
const inStorm = { ...timing, name: 'in storm', address: far.ipv6, device: 'near' } as const;
const peers = [near.ipv4, `${near.ipv6} local-address ${far.ipv6}`] as const;
const reportEveryMs = 60_000;

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '60' }, burners: { type: 'string' } },
});
assert.equal(bfdLabIsMissing, false);
process.exitCode = (await soak(Number(values.minutes), Number(values.burners ?? availableParallelism()))) ? 0 : 1;

async function soak(minutes: number, burnerCount: number): Promise<boolean> {
  await using lab = new BfdLab();
  const bfdd = await lab.bfdd(peers.map(peerLines).join(''));
  const ours = await lab.ours();
  await ours.add(inWorker);
  await ours.add(inStorm, true);
  await Promise.all([ours.state(inWorker.name, 'up'), ours.state(inStorm.name, 'up')]);
  const eventsBefore = ours.log.events.length;
  const captureFile = join(lab.folder, 'capture');
  const filter = ['udp', 'dst', 'port', '3784', 'and', 'src', near.ipv4];
  const capture = lab.spawn('near', ['tcpdump', '-q', '-Z', 'root', '-i', 'near', '-U', '-w', captureFile, ...filter]);
  ours.tell({ kind: 'storm' });
  const burners = Array.from({ length: burnerCount }, () => new Worker('for (;;);', { eval: true }));
  console.log(`${minutes} minutes at ${timing.intervalMs} ms × ${timing.multiplier}, ${burnerCount} burners`);
  const endMs = performance.now() + minutes * 60_000;
  for (let leftMs = minutes * 60_000; leftMs > 0; leftMs = endMs - performance.now()) {
    await sleep(Math.min(leftMs, reportEveryMs));
    await tellSnapshots(ours, endMs - performance.now());
  }
  await Promise.all(burners.map((burner) => burner.terminate()));
  capture.kill('SIGINT');
  await once(capture, 'exit');
  const isSteady = tellFlaps(ours, eventsBefore, bfdd);
  tellGaps(readFileSync(captureFile));
  return isSteady;
}

function peerLines(peer: string): string {
  const { intervalMs, multiplier } = timing;
  return ` peer ${peer}
  receive-interval ${intervalMs}
  transmit-interval ${intervalMs}
  detect-multiplier ${multiplier}
 !
`;
}

async function tellSnapshots(ours: OurBfd, leftMs: number): Promise<void> {
  for (const { name } of [inWorker, inStorm]) {
    const seen = await ours.snapshot(name);
    const counts = `${seen.packetsSent} sent, ${seen.packetsReceived} received, ${seen.lateTicks} late ticks`;
    console.log(`${Math.round(Math.max(0, leftMs) / 1000)} s left, ${name}: ${seen.state}, ${counts}`);
  }
}

/** True when neither side saw a session end. */
function tellFlaps(ours: OurBfd, eventsBefore: number, bfdd: Bfdd): boolean {
  const events = ours.log.events.slice(eventsBefore);
  for (const event of events) console.log(`event: ${event.text}`);
  const flaps = events.filter((event) => event.kind !== 'error');
  const downCounts = peers.map((peer) => bfdd.counter(peer, 'Session down events'));
  console.log(`bfdd counts sessions down: ${downCounts.join(' and ')}; we tell ${flaps.length}`);
  return flaps.length === 0 && downCounts.every((count) => count === 0);
}

/** Gaps between periodic packets of the session in the worker, as shares of the interval (RFC 5880 §6.8.7). */
function tellGaps(bytes: Buffer): void {
  const periodic = readCapture(bytes).filter((packet) => packet.state === 3 && !packet.isFinal);
  const shares = periodic
    .slice(1)
    .map((packet, index) => (packet.timeMs - (periodic[index]?.timeMs ?? NaN)) / timing.intervalMs)
    .toSorted((a, b) => a - b);
  const steps = [0, 0.75, 0.8, 0.85, 0.9, 0.95, 1, 1.05, 1.25, Infinity];
  for (const [index, least] of steps.slice(0, -1).entries()) {
    const most = steps[index + 1] ?? Infinity;
    const count = shares.filter((share) => share >= least && share < most).length;
    console.log(`${percent(least)} to ${percent(most)} of the interval: ${count}`);
  }
  console.log(`${shares.length} gaps, least ${percent(shares[0] ?? NaN)}, most ${percent(shares.at(-1) ?? NaN)}`);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
