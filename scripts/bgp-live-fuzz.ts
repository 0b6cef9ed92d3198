/**
 * Sends damaged BGP messages to a live speaker over TCP: `node scripts/bgp-live-fuzz.ts [--count N] [--seed S]`, twenty
 * thousand connections by default.
 *
 * Prints each fault, what was answered, then `N connections, M faults`; exits 1 when there were any.
 */
import { fuzzLive } from '../test/conformance/bgp-live-fuzz.ts';
import { readScriptOptions } from './options.ts';

const { count, seed } = readScriptOptions({ count: { preset: 20_000 }, seed: { preset: 1, least: 0 } });

const { connections, answers, faults } = await fuzzLive({ count, seed });
for (const fault of faults) console.log(fault);
console.log(Array.from(answers, ([name, times]) => `${name}: ${times}`).join(', '));
console.log(`${connections} connections, ${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;
