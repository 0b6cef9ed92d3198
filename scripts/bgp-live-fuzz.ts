/**
 * Sends damaged BGP messages to a live speaker over TCP: `node scripts/bgp-live-fuzz.ts [--count N] [--seed S]`, twenty
 * thousand connections by default.
 *
 * Prints each fault, what was answered, then `N connections, M faults`; exits 1 when there were any.
 */
import { parseArgs } from 'node:util';
import { fuzzLive } from '../test/conformance/bgp-live-fuzz.ts';

const { values } = parseArgs({
  options: { count: { type: 'string', default: '20000' }, seed: { type: 'string', default: '1' } },
});
const count = Number(values.count);
const seed = Number(values.seed);
if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(seed) || seed < 0) {
  console.error(`got --count ${values.count} --seed ${values.seed}, expected whole numbers`);
  process.exit(2);
}

const { connections, answers, faults } = await fuzzLive({ count, seed });
for (const fault of faults) console.log(fault);
console.log(Array.from(answers, ([name, times]) => `${name}: ${times}`).join(', '));
console.log(`${connections} connections, ${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;
