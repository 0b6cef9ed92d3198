import assert from 'node:assert/strict';
import test from 'node:test';
import { collectCells, missingForMatrix } from '../peers/bgp-interop/collect.ts';
import { compareWithPage } from '../peers/bgp-interop/page.ts';

test('five real daemons do with us what docs/rfc-coverage.md says', { skip: missingForMatrix() ?? false }, async () => {
  const cells = await collectCells([]);
  const failures = cells.flatMap(({ row, daemon, failure }) =>
    failure === undefined ? [] : [`${daemon}, ${row}: ${failure}`],
  );
  assert.deepEqual(compareWithPage(cells), [], failures.join('\n\n'));
});
