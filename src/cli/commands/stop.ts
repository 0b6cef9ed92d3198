/** `fairlead stop`: takes this site's coordinator, or a node's agent, out of service for good: routes, then DNS, then the process. */
import { z } from 'zod';
import { monotonicMs } from '#base/clock.ts';
import { isAnswered } from '../client.ts';
import { exitCode } from '../command.ts';
import { defineControlCommand } from '../define.ts';

/** Where the coordinator does not say how long it may take. */
const longestStopMs = 10_000;
const lookIntervalMs = 100;
const stopSchema = z.object({ withinMs: z.number().optional(), warning: z.string().optional() });

export const command = defineControlCommand({
  name: 'stop',
  isForAgents: true,
  summary: 'withdraw routes and end the coordinator or agent of this machine',
  usage: `Usage: fairlead stop [--force RULE] [--config PATH]

Withdraws this site's routes and ends the coordinator (R24); returns when it is gone. To restart it, send SIGTERM
instead: that leaves the routes alone.
Where no other site serves a prefix, it stays and nothing is stopped (R19): the last one standing is not taken out. So
of two sites that are stopped at once, one goes on.
On a node, it drains the node's own routes and ends its agent. The coordinator of the site is asked: the last node that
tells a prefix goes only where another site serves it. One that does not answer within 5 seconds is not waited for.
DNS goes on answering until the routes are gone for as long as the prefixes' \`drain\`.
Exit code: 0 gone, 1 refused, or still there after the time that it may take, 2 wrong usage, 75 nobody answers.

      --force RULE  pass over a rule that keeps the routes: R19 asks no other site at all; may be given several times`,
  options: { force: { type: 'string', multiple: true } },
  run: async ({ socketPath, daemon, values, call }) => {
    const body = { force: values.force };
    const answer = await call({ method: 'POST', path: '/v1/stop', body, schema: stopSchema });
    if (!answer.ok) return answer.fault;
    if (answer.value.warning !== undefined) process.stderr.write(`fairlead stop: ${answer.value.warning}\n`);
    const limitMs = answer.value.withinMs ?? longestStopMs;
    const deadline = monotonicMs() + limitMs;
    while (await isAnswered(socketPath)) {
      if (monotonicMs() > deadline) {
        process.stderr.write(`fairlead stop: the ${daemon} still answers after ${Math.ceil(limitMs / 1000)} s\n`);
        return exitCode.failed;
      }
      await new Promise((resolve) => setTimeout(resolve, lookIntervalMs));
    }
    process.stdout.write('stopped\n');
    return exitCode.ok;
  },
});
