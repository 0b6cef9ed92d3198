/** Runs rows of the matrix as the first process of its namespaces; writes each cell as one line of JSON. */
import { writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { runMatrix } from './matrix.ts';
import { enterWorld } from './world.ts';

const { values } = parseArgs({
  options: { daemons: { type: 'string', default: '' }, row: { type: 'string', default: '' } },
});
enterWorld();
const daemons = values.daemons === '' ? [] : values.daemons.split(',');
await runMatrix({ daemons, row: values.row }, (cell) => writeSync(1, `${JSON.stringify(cell)}\n`));
process.exit(0);
