/** `fairlead stop`: takes this site's coordinator out of service for good: routes withdrawn, then DNS, then the process. */
import { z } from 'zod';
import { monotonicMs } from '#base/clock.ts';
import { isAnswered } from '../client.ts';
import { exitCode } from '../command.ts';
import { defineControlCommand } from '../define.ts';

const longestStopMs = 10_000;
const lookIntervalMs = 100;

export const command = defineControlCommand({
  name: 'stop',
  summary: 'withdraw routes and end the coordinator of this machine',
  usage: `Usage: fairlead stop [--config DIR]

Withdraws this site's routes and ends the coordinator (R24); returns when it is gone. To restart it, send SIGTERM
instead: that leaves the routes alone.
Exit code: 0 gone, 1 still there after 10 s, 2 wrong usage, 75 no coordinator answers.
`,
  options: {},
  run: async ({ socketPath, call }) => {
    const answer = await call({ method: 'POST', path: '/v1/stop', body: {}, schema: z.unknown() });
    if (!answer.ok) return answer.fault;
    const deadline = monotonicMs() + longestStopMs;
    while (await isAnswered(socketPath)) {
      if (monotonicMs() > deadline) {
        process.stderr.write(`fairlead stop: the coordinator still answers after ${longestStopMs / 1000} s\n`);
        return exitCode.failed;
      }
      await new Promise((resolve) => setTimeout(resolve, lookIntervalMs));
    }
    process.stdout.write('stopped\n');
    return exitCode.ok;
  },
});
