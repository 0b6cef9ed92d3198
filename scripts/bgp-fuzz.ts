/**
 * Fuzzes the BGP codec: `node scripts/bgp-fuzz.ts [--count N] [--seed S]`, ten million messages by default.
 *
 * Prints each message that is read wrongly, the rate, then `N messages, M faults`; exits 1 when there were any.
 */
import { fuzzBgp } from '../test/conformance/bgp-fuzz.ts';
import { readScriptOptions } from './options.ts';

const { count, seed } = readScriptOptions({ count: { preset: 10_000_000 }, seed: { preset: 1, least: 0 } });

const startedMs = performance.now();
const rate = (messages: number): string =>
  Math.round(messages / ((performance.now() - startedMs) / 1000)).toLocaleString('en');
const report = (messages: number): void => {
  if (messages % 1_000_000 === 0) console.log(`${messages.toLocaleString('en')} messages, ${rate(messages)} a second`);
};
const { messages, read, refused, faults } = fuzzBgp({ count, seed, report });
for (const fault of faults) console.log(fault);
console.log(`seed ${seed}, ${read} read, ${refused} refused, ${rate(messages)} messages a second`);
console.log(`${messages} messages, ${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;
