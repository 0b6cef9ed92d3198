/** `fairlead history`: which releases were in force here, by whom and why. */
import { z } from 'zod';
import { unixMs } from '#base/clock.ts';
import { formatDuration } from '#base/time.ts';
import { formatHeadId, headSchema } from '#replication/head.ts';
import type { Head } from '#replication/head.ts';
import { exitCode } from '../command.ts';
import { defineControlCommand } from '../define.ts';
import { formatTable } from '../table.ts';

export const command = defineControlCommand({
  name: 'history',
  summary: 'list the releases that were in force',
  usage: `Usage: fairlead history [-o json] [--config DIR]

Lists the releases that the coordinator of this machine had in force, the newest first.
Exit code: 0, 2 wrong usage, 75 no coordinator answers.

  -o, --output json  the heads as JSON`,
  options: { output: { type: 'string', short: 'o' } },
  run: async ({ values, misused, call }) => {
    if (values.output !== undefined && values.output !== 'json') {
      return misused(`got output '${values.output}', expected json`);
    }
    const schema = z.object({ heads: z.array(headSchema) });
    const answer = await call({ method: 'GET', path: '/v1/history', schema });
    if (!answer.ok) return answer.fault;
    const { heads } = answer.value;
    const text = values.output === 'json' ? JSON.stringify(heads, undefined, 2) : renderHistory(heads, unixMs());
    process.stdout.write(`${text}\n`);
    return exitCode.ok;
  },
});

/** Writes heads, the newest first, as a table. */
function renderHistory(heads: readonly Head[], nowUnixMs: number): string {
  if (heads.length === 0) return 'no release was applied yet';
  const rows = heads.map((head, index) => [
    formatHeadId(head),
    head.release.slice(0, 12),
    index === 0 ? 'in force' : '',
    formatDuration(nowUnixMs - head.atUnixMs),
    head.author,
    head.reason,
  ]);
  return formatTable(['HEAD', 'RELEASE', '', 'AGE', 'BY', 'REASON'], rows);
}
