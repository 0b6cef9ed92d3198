/** `fairlead history`: which releases were in force here, by whom and why. */
import { z } from 'zod';
import { unixMs } from '#base/clock.ts';
import { formatDuration } from '#base/time.ts';
import { formatHeadId, headSchema } from '#replication/head.ts';
import type { Head } from '#replication/head.ts';
import { callControl, reportFault } from '../client.ts';
import { exitCode } from '../command.ts';
import type { Command } from '../command.ts';
import { controlOptions, controlUsage, findControlSocket, parseOptions, usageFault } from '../options.ts';
import { formatTable } from '../table.ts';

const options = { ...controlOptions, output: { type: 'string', short: 'o' } } as const;

export const command: Command = {
  name: 'history',
  summary: 'list the releases that were in force',
  usage: `Usage: fairlead history [-o json] [--config DIR]

Lists the releases that the coordinator of this machine had in force, the newest first.
Exit code: 0, 2 wrong usage, 75 no coordinator answers.

  -o, --output json  the heads as JSON
${controlUsage}`,
  run,
};

async function run(args: readonly string[]): Promise<number> {
  const parsed = parseOptions(args, options);
  if (!parsed.ok) return usageFault('history', parsed.fault);
  const { values, positionals } = parsed.value;
  if (positionals.length > 0) return usageFault('history', `unexpected argument '${positionals.join(' ')}'`);
  if (values.output !== undefined && values.output !== 'json') {
    return usageFault('history', `got output '${values.output}', expected json`);
  }
  const socket = findControlSocket(values);
  if (!socket.ok) {
    process.stderr.write(socket.fault);
    return exitCode.failed;
  }
  const schema = z.object({ heads: z.array(headSchema) });
  const answer = await callControl(socket.value, { method: 'GET', path: '/v1/history', schema });
  if (!answer.ok) return reportFault('history', answer.fault);
  const { heads } = answer.value;
  const text = values.output === 'json' ? JSON.stringify(heads, undefined, 2) : renderHistory(heads, unixMs());
  process.stdout.write(`${text}\n`);
  return exitCode.ok;
}

/** Writes heads, the newest first, as a table. */
export function renderHistory(heads: readonly Head[], nowUnixMs: number): string {
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
