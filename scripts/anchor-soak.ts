/**
 * Plays many seeded histories of the anchor (R19): `node scripts/anchor-soak.ts [--seeds N] [--from S]`.
 *
 * Prints each seed that fails with what went wrong, then `N passed, M failed`; exits 1 when any failed.
 */
import { parseArgs } from 'node:util';
import { playAnchorHistory } from '../src/decide/anchor-history.fixture.ts';

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '500' }, from: { type: 'string', default: '1' } },
});
const count = Number(values.seeds);
const from = Number(values.from);
if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(from) || from < 0) {
  console.error(`got --seeds ${values.seeds} --from ${values.from}, expected whole numbers`);
  process.exit(2);
}

let failed = 0;
for (let seed = from; seed < from + count; seed++) {
  const fault = playAnchorHistory(seed);
  if (fault === undefined) continue;
  failed += 1;
  console.log(`seed ${seed}: ${fault}`);
}
console.log(`${count - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
