/** `fairlead undrain`: takes a site's drain back before it expires. */
import { z } from 'zod';
import { callControl, reportFault } from '../client.ts';
import { exitCode } from '../command.ts';
import type { Command } from '../command.ts';
import { controlOptions, controlUsage, findControlSocket, parseOptions, usageFault, whoAmI } from '../options.ts';

const options = { ...controlOptions, reason: { type: 'string', short: 'r' } } as const;

export const command: Command = {
  name: 'undrain',
  summary: 'take a drain back',
  usage: `Usage: fairlead undrain SITE [--reason TEXT] [--config DIR]

Routes come back first, then answers.
Exit code: 0 taken back, 1 there was none, 2 wrong usage, 75 no coordinator answers.

  -r, --reason TEXT  why, for the log
${controlUsage}`,
  run,
};

async function run(args: readonly string[]): Promise<number> {
  const parsed = parseOptions(args, options);
  if (!parsed.ok) return usageFault('undrain', parsed.fault);
  const { values, positionals } = parsed.value;
  const [site, ...others] = positionals;
  if (site === undefined || others.length > 0) return usageFault('undrain', 'expected one SITE');
  const socket = findControlSocket(values);
  if (!socket.ok) {
    process.stderr.write(socket.fault);
    return exitCode.failed;
  }
  const answer = await callControl(socket.value, {
    method: 'POST',
    path: '/v1/undrain',
    body: { site, reason: values.reason ?? 'undrained', who: whoAmI() },
    schema: z.object({ removed: z.array(z.unknown()) }),
  });
  if (!answer.ok) return reportFault('undrain', answer.fault);
  process.stdout.write(`${site} is no longer drained\n`);
  return exitCode.ok;
}
