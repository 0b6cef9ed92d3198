/** `fairlead stop`: takes this site's coordinator out of service for good: routes withdrawn, then DNS, then the process. */
import { z } from 'zod';
import { monotonicMs } from '#base/clock.ts';
import { callControl, isAnswered, reportFault } from '../client.ts';
import { exitCode } from '../command.ts';
import type { Command } from '../command.ts';
import { controlOptions, controlUsage, findControlSocket, parseOptions, usageFault } from '../options.ts';

export const command: Command = {
  name: 'stop',
  summary: 'withdraw routes and end the coordinator of this machine',
  usage: `Usage: fairlead stop [--config DIR]

Withdraws this site's routes and ends the coordinator (R24); returns when it is gone. To restart it, send SIGTERM
instead: that leaves the routes alone.
Exit code: 0 gone, 1 still there after 10 s, 2 wrong usage, 75 no coordinator answers.

${controlUsage}`,
  run,
};

const longestStopMs = 10_000;

async function run(args: readonly string[]): Promise<number> {
  const parsed = parseOptions(args, controlOptions);
  if (!parsed.ok) return usageFault('stop', parsed.fault);
  const { values, positionals } = parsed.value;
  if (positionals.length > 0) return usageFault('stop', `unexpected argument '${positionals.join(' ')}'`);
  const socket = findControlSocket(values);
  if (!socket.ok) {
    process.stderr.write(socket.fault);
    return exitCode.failed;
  }
  const stop = { method: 'POST', path: '/v1/stop', body: {}, schema: z.unknown() } as const;
  const answer = await callControl(socket.value, stop);
  if (!answer.ok) return reportFault('stop', answer.fault);
  const deadline = monotonicMs() + longestStopMs;
  while (await isAnswered(socket.value)) {
    if (monotonicMs() > deadline) {
      process.stderr.write(`fairlead stop: the coordinator still answers after ${longestStopMs / 1000} s\n`);
      return exitCode.failed;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  process.stdout.write('stopped\n');
  return exitCode.ok;
}
