/**
 * Fuzzes DNS answering and decoding: `node scripts/dns-fuzz.ts [--count N] [--seed S]`, ten million packets by default.
 *
 * Prints each packet that is answered wrongly, the rate, then `N packets, M faults`; exits 1 when there were any.
 */
import { fuzzAnswers } from '../test/conformance/fuzz.ts';
import { readScriptOptions } from './options.ts';

const { count, seed } = readScriptOptions({ count: { preset: 10_000_000 }, seed: { preset: 1, least: 0 } });

const startedMs = performance.now();
const rate = (packets: number): string =>
  Math.round(packets / ((performance.now() - startedMs) / 1000)).toLocaleString('en');
const report = (packets: number): void => {
  if (packets % 1_000_000 === 0) console.log(`${packets.toLocaleString('en')} packets, ${rate(packets)} a second`);
};
const { packets, replies, faults } = fuzzAnswers({ count, seed, report });
for (const fault of faults) console.log(fault);
console.log(`seed ${seed}, ${replies} replies, ${rate(packets)} packets a second`);
console.log(`${packets} packets, ${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;
