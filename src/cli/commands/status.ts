/** `fairlead status`: what this site's coordinator believes and does, and why. */
import { statusSchema } from '#api/status.ts';
import { unixMs } from '#base/clock.ts';
import { callControl, reportFault } from '../client.ts';
import { exitCode } from '../command.ts';
import type { Command } from '../command.ts';
import { controlOptions, controlUsage, findControlSocket, parseOptions, usageFault } from '../options.ts';
import { renderStatus, statusExitCode } from '../render-status.ts';
import { paintFor } from '../table.ts';

const options = { ...controlOptions, output: { type: 'string', short: 'o', default: 'table' } } as const;

export const command: Command = {
  name: 'status',
  summary: 'what is up, answered and announced, and why',
  usage: `Usage: fairlead status [-o json] [--config DIR]

Exit code: 0 all is well, 1 something is not, 2 a service is answered without health (or wrong usage),
75 no coordinator answers.

  -o, --output FORM  table (default) or json
${controlUsage}`,
  run,
};

async function run(args: readonly string[]): Promise<number> {
  const parsed = parseOptions(args, options);
  if (!parsed.ok) return usageFault('status', parsed.fault);
  const { values, positionals } = parsed.value;
  if (positionals.length > 0) return usageFault('status', `unexpected argument '${positionals.join(' ')}'`);
  if (values.output !== 'table' && values.output !== 'json') {
    return usageFault('status', `unknown output '${values.output}', expected table or json`);
  }
  const socket = findControlSocket(values);
  if (!socket.ok) {
    process.stderr.write(socket.fault);
    return exitCode.failed;
  }
  const answer = await callControl(socket.value, { method: 'GET', path: '/v1/status', schema: statusSchema });
  if (!answer.ok) return reportFault('status', answer.fault);
  const status = answer.value;
  const text =
    values.output === 'json'
      ? `${JSON.stringify(status, undefined, 2)}\n`
      : renderStatus(status, unixMs(), paintFor(process.stdout));
  process.stdout.write(text);
  return statusExitCode(status);
}
