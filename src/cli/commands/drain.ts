/** `fairlead drain`: no new users for a site, until it is taken back or expires (R25, R26). */
import { z } from 'zod';
import { overrideSchema } from '#health/report.ts';
import { parseDurationMs } from '#base/time.ts';
import { callControl, reportFault } from '../client.ts';
import { exitCode } from '../command.ts';
import type { Command } from '../command.ts';
import { controlOptions, controlUsage, findControlSocket, parseOptions, usageFault, whoAmI } from '../options.ts';

const options = {
  ...controlOptions,
  reason: { type: 'string', short: 'r' },
  expires: { type: 'string', short: 'e' },
} as const;

const drainedSchema = z.object({ override: overrideSchema, state: z.string() });

export const command: Command = {
  name: 'drain',
  summary: 'take a site out of answers and routes, for a time',
  usage: `Usage: fairlead drain SITE --reason TEXT --expires DURATION [--config DIR]

DNS leaves the site out at once, everywhere. Its own coordinator waits for the longest TTL, then gives its routes
65535:0, then withdraws them. A drain that would leave a service without an endpoint that is up stays pending (R19).
Exit code: 0 in force or pending, 1 refused, 2 wrong usage, 75 no coordinator answers.

  -r, --reason TEXT       why, for everyone who looks at the status
  -e, --expires DURATION  when it ends by itself, such as 30m or 2h
${controlUsage}`,
  run,
};

async function run(args: readonly string[]): Promise<number> {
  const parsed = parseOptions(args, options);
  if (!parsed.ok) return usageFault('drain', parsed.fault);
  const { values, positionals } = parsed.value;
  const [site, ...others] = positionals;
  if (site === undefined || others.length > 0) return usageFault('drain', 'expected one SITE');
  const reason = values.reason?.trim() ?? '';
  if (reason === '') return usageFault('drain', 'expected a --reason');
  if (values.expires === undefined) return usageFault('drain', 'expected --expires, such as --expires 30m');
  const durationMs = parseDurationMs(values.expires);
  if (durationMs === undefined) {
    return usageFault('drain', `--expires: got '${values.expires}', expected a duration such as 30m or 2h`);
  }
  const socket = findControlSocket(values);
  if (!socket.ok) {
    process.stderr.write(socket.fault);
    return exitCode.failed;
  }
  const answer = await callControl(socket.value, {
    method: 'POST',
    path: '/v1/overrides',
    body: { kind: 'drain', site, reason, who: whoAmI(), durationMs },
    schema: drainedSchema,
  });
  if (!answer.ok) return reportFault('drain', answer.fault);
  const { override, state } = answer.value;
  const until = new Date(override.createdAtUnixMs + override.durationMs).toISOString();
  process.stdout.write(`drain of ${site} until ${until}: ${state}\n`);
  return exitCode.ok;
}
