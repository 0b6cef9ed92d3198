/**
 * Runs the two-speaker simulation of bgp-ts: `node scripts/bgp-sim.ts [--seeds N] [--from S]`, a hundred thousand seeds
 * from 1 by default.
 *
 * Prints each seed that failed and why, how long agreement took in virtual time, then `N passed, M failed`; exits 1 when
 * any failed.
 */
import { runSeed } from '../src/bgp-ts/test/simulation/world.ts';
import { readScriptOptions } from './options.ts';

const { seeds: count, from } = readScriptOptions({ seeds: { preset: 100_000 }, from: { preset: 1, least: 0 } });

const maxListedFailures = 20;
const convergedMs: number[] = [];
let failed = 0;
const startedMs = performance.now();
for (let seed = from; seed < from + count; seed++) {
  const outcome = runSeed(seed);
  convergedMs.push(outcome.convergedMs);
  if (outcome.fault === undefined) continue;
  failed++;
  if (failed <= maxListedFailures) console.log(`seed ${seed}: ${outcome.fault}`);
}
convergedMs.sort((left, right) => left - right);
const at = (share: number): string => ((convergedMs[Math.floor((count - 1) * share)] ?? 0) / 1000).toFixed(1);
const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
console.log(`${seconds} s; agreed after ${at(0.5)} s (median), ${at(0.99)} s (p99), ${at(1)} s (most) of virtual time`);
console.log(`${count - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
