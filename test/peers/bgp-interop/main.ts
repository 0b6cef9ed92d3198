/**
 * Interop with real daemons: `node test/peers/bgp-interop/main.ts [--write] [--daemons BIRD,FRR] [--row WORDS] [--log]`.
 * Prints the matrix and ends with 1 where it differs from docs/rfc-coverage.md; `--write` writes it there. Needs root.
 */
import { parseArgs } from 'node:util';
import { collectCells } from './collect.ts';
import { compareWithPage, renderMatrix, writePage } from './page.ts';

const { values } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    daemons: { type: 'string', default: '' },
    row: { type: 'string', default: '' },
  },
});
const cells = await collectCells([`--daemons=${values.daemons}`, `--row=${values.row}`]);
for (const { row, daemon, failure, tookMs } of cells) {
  if (failure !== undefined) console.error(`${daemon}, ${row} (${tookMs ?? 0} ms):\n${failure}\n`);
}
console.log(renderMatrix(cells));
if (values.write) writePage(cells);
else if (values.daemons === '' && values.row === '') {
  const differences = compareWithPage(cells);
  for (const difference of differences) console.error(difference);
  if (differences.length > 0) process.exitCode = 1;
}
