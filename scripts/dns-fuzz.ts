/**
 * Fuzzes DNS answering and decoding: `node scripts/dns-fuzz.ts [--count N] [--seed S]`, ten million packets by default.
 *
 * Prints each packet that is answered wrongly, the rate, then `N packets, M faults`; exits 1 when there were any.
 */
import { parseArgs } from 'node:util';
import { fuzzAnswers } from '../test/conformance/fuzz.ts';

const { values } = parseArgs({
  options: { count: { type: 'string', default: '10000000' }, seed: { type: 'string', default: '1' } },
});
const count = Number(values.count);
const seed = Number(values.seed);
if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(seed) || seed < 0) {
  console.error(`got --count ${values.count} --seed ${values.seed}, expected whole numbers`);
  process.exit(2);
}

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
