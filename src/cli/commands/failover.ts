/** `fairlead failover`: makes a standby the active tier of a service (R27). */
import { exitCode } from '../command.ts';
import { defineControlCommand } from '../define.ts';
import { describeMoved, movedSchema } from '../moved.ts';
import { whoAmI } from '../options.ts';

export const command = defineControlCommand({
  name: 'failover',
  summary: 'make a standby the active tier of a service',
  usage: `Usage: fairlead failover SERVICE --reason TEXT [--to SITE] [--config DIR]

The next tier that is up becomes active, at every coordinator that is heard; the others follow when they are. It stays
so until a person says otherwise or it goes down, whatever the service's failback mode. A tier that is down is refused
while another is up, and so is a drained one.
Exit code: 0 done, 1 refused, 2 wrong usage, 75 no coordinator answers.

  -r, --reason TEXT  why, for everyone who looks at the status
  -t, --to SITE      the tier of this site, or of this service, instead of the next`,
  options: { reason: { type: 'string', short: 'r' }, to: { type: 'string', short: 't' } },
  parameters: ['SERVICE'],
  run: async ({ values, positionals: [service], misused, call }) => {
    const reason = values.reason?.trim() ?? '';
    if (reason === '') return misused('expected a --reason');
    const to = values.to === undefined ? {} : { to: values.to };
    const body = { kind: 'failover', service, reason, who: whoAmI(), ...to };
    const answer = await call({ method: 'POST', path: '/v1/failover', body, schema: movedSchema });
    if (!answer.ok) return answer.fault;
    process.stdout.write(describeMoved(answer.value));
    return exitCode.ok;
  },
});
