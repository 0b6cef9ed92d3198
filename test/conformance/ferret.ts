/**
 * Plays a file of conformance cases: `node test/conformance/ferret.ts FILE.jsonl`.
 *
 * Prints each case that fails as a diff, then `N passed, M failed`; exits 1 when any failed or there was none, 2 when there is no file.
 */
import { readFileSync } from 'node:fs';
import { playFerret } from './ferret-run.ts';

const [file, ...others] = process.argv.slice(2);
if (file === undefined || others.length > 0) {
  console.error('expected one argument: node test/conformance/ferret.ts FILE.jsonl');
  process.exit(2);
}
let text: string;
try {
  text = readFileSync(file, 'utf8');
} catch (error) {
  console.error(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(2);
}
const { passed, failures } = playFerret(file, text);
for (const failure of failures) console.log(`${failure}\n`);
console.log(`${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length === 0 && passed > 0 ? 0 : 1;
