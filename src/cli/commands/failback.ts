/** `fairlead failback`: returns a service to the tier that it prefers (R27). */
import { exitCode } from '../command.ts';
import { defineControlCommand } from '../define.ts';
import { describeMoved, movedSchema } from '../moved.ts';
import { whoAmI } from '../options.ts';

export const command = defineControlCommand({
  name: 'failback',
  summary: 'return a service to its preferred tier',
  usage: `Usage: fairlead failback SERVICE --reason TEXT [--config DIR]

The first tier before the active one that is up becomes active, at every coordinator that is heard; the others follow
when they are.
Exit code: 0 done, 1 refused, 2 wrong usage, 75 no coordinator answers.

  -r, --reason TEXT  why, for everyone who looks at the status`,
  options: { reason: { type: 'string', short: 'r' } },
  parameters: ['SERVICE'],
  run: async ({ values, positionals: [service], misused, call }) => {
    const reason = values.reason?.trim() ?? '';
    if (reason === '') return misused('expected a --reason');
    const body = { kind: 'failback', service, reason, who: whoAmI() };
    const answer = await call({ method: 'POST', path: '/v1/failover', body, schema: movedSchema });
    if (!answer.ok) return answer.fault;
    process.stdout.write(describeMoved(answer.value));
    return exitCode.ok;
  },
});
