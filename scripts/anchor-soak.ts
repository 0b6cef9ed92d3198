/**
 * Plays many seeded histories of the anchor and of wishes (R19, R20): `node scripts/anchor-soak.ts [--seeds N]
 * [--from S] [--whole]`.
 *
 * A history is one of announcers alone, some milliseconds long; with `--whole` it is one of whole decisions with health,
 * probes and drains, a hundred times as long. Prints each seed that fails with what went wrong, then `N passed, M
 * failed` and the time; exits 1 when any failed.
 */
import { playAnchorHistory } from '../src/decide/anchor-history.fixture.ts';
import { playFleetHistory } from '../src/steering/announcer/fleet-history.fixture.ts';
import { readScriptOptions } from './options.ts';

const {
  seeds: count,
  from,
  whole,
} = readScriptOptions({ seeds: { preset: 5000 }, from: { preset: 1, least: 0 } }, ['whole']);

const startedAt = performance.now();
let failed = 0;
for (let seed = from; seed < from + count; seed++) {
  const fault = whole ? playAnchorHistory(seed) : playFleetHistory(seed);
  if (fault === undefined) continue;
  failed += 1;
  console.log(`seed ${seed}: ${fault}`);
}
const seconds = Math.round((performance.now() - startedAt) / 1000);
console.log(`${count - failed} passed, ${failed} failed, in ${seconds} s`);
process.exitCode = failed === 0 ? 0 : 1;
