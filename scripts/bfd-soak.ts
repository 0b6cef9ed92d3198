/**
 * Soak of BFD: our speaker against FRR's bfdd at 300 ms × 3 over a cable between two network namespaces, while other
 * threads burn the processors. Two sessions:
 *
 * - `in worker`: in a worker beside a main thread that makes garbage without end. The design promises that it does not
 *   flap, and by it alone the script judges: exit code 1 after a flap of it, as either side saw it.
 * - `in storm`: in a worker that makes garbage itself, half of the time. Nothing is promised of it; its figures are told.
 *
 * It burns the processors by itself: beside other load, or at a lower priority than that, both ends are starved and it
 * says nothing of ours. Runs as root. The last lines are a summary to quote: flaps, late ticks, and how the packets of
 * `in worker` lay in time.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { readCapture } from '../src/bgp-ts/test/bfd-capture.ts';
import { bfdLabIsMissing, BfdLab, far, near } from '../src/bgp-ts/test/bfd-lab.ts';
import type { Bfdd, OurBfd } from '../src/bgp-ts/test/bfd-lab.ts';
import type { BfdEvent } from '../src/bgp-ts/src/bfd/types.ts';
import { readScriptOptions } from './options.ts';

const timing = { intervalMs: 300, multiplier: 3 } as const;
const inWorker = { ...timing, name: 'in worker', address: far.ipv4 } as const;
const inStorm = { ...timing, name: 'in storm', address: far.ipv6, device: 'near' } as const;
const peers = [near.ipv4, `${near.ipv6} local-address ${far.ipv6}`] as const;
const reportEveryMs = 60_000;

const { minutes, burners } = readScriptOptions({
  minutes: { preset: 60 },
  burners: { preset: availableParallelism(), least: 0 },
});
assert.equal(bfdLabIsMissing, false);
process.exitCode = (await soak(minutes, burners)) ? 0 : 1;

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
  let toldEvents = eventsBefore;
  for (let leftMs = minutes * 60_000; leftMs > 0; leftMs = endMs - performance.now()) {
    await sleep(Math.min(leftMs, reportEveryMs));
    await tellSnapshots(ours, endMs - performance.now());
    for (const { text } of ours.log.events.slice(toldEvents)) console.log(`event of this minute: ${text}`);
    toldEvents = ours.log.events.length;
  }
  await Promise.all(burners.map((burner) => burner.terminate()));
  capture.kill('SIGINT');
  await once(capture, 'exit');
  const events = ours.log.events.slice(eventsBefore);
  const gaps = tellGaps(readFileSync(captureFile));
  console.log(
    `summary of ${minutes} minutes at ${timing.intervalMs} ms × ${timing.multiplier}, ${burnerCount} burners:`,
  );
  console.log(`gaps between packets of the session in the worker: ${gaps}`);
  const beyond = await countsOf(ours, inStorm.name, events, bfdd, 1);
  console.log(`beyond the promise, a worker that storms itself: ${describe(beyond)}`);
  const promised = await countsOf(ours, inWorker.name, events, bfdd, 0);
  const isKept = promised.flaps === 0 && promised.flapsAtPeer === 0 && promised.threadsEnded === 0;
  const verdict = isKept ? 'kept' : 'BROKEN';
  console.log(`promise ${verdict}, a worker beside a storming main thread: ${describe(promised)}`);
  return isKept;
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
    const left = `${Math.round(Math.max(0, leftMs) / 1000)} s left, load ${loadavg()[0]?.toFixed(1) ?? ''}`;
    console.log(`${left}, ${name}: ${seen.state}, ${counts}`);
  }
}

interface Counts {
  /** Changes of state that we told, and bugs. */
  readonly flaps: number;
  readonly flapsAtPeer: number;
  /** Of either session: such an event names none. */
  readonly threadsEnded: number;
  readonly lateTicks: number;
}

async function countsOf(
  ours: OurBfd,
  name: string,
  events: readonly BfdEvent[],
  bfdd: Bfdd,
  peerIndex: 0 | 1,
): Promise<Counts> {
  return {
    flaps: events.filter((event) => 'session' in event && event.session === name).length,
    flapsAtPeer: bfdd.counter(peers[peerIndex], 'Session down events'),
    threadsEnded: events.filter(({ kind }) => kind === 'ended').length,
    lateTicks: (await ours.snapshot(name)).lateTicks,
  };
}

function describe({ flaps, flapsAtPeer, threadsEnded, lateTicks }: Counts): string {
  const ended = threadsEnded === 0 ? '' : `, ${threadsEnded} threads ended`;
  return `${flaps} flaps as we tell, ${flapsAtPeer} as bfdd counts, ${lateTicks} late ticks${ended}`;
}

/** Gaps between periodic packets of the session in the worker, as shares of the interval (RFC 5880 §6.8.7); in a line. */
function tellGaps(bytes: Buffer): string {
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
  const [least = NaN, most = NaN] = [shares[0], shares.at(-1)];
  return `${shares.length} gaps, ${percent(least)} to ${percent(most)} of the interval`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
