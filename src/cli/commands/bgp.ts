/** `fairlead bgp`: border routers, what each was told and when and why, and what each would be told now. */
import { bgpStatusSchema } from '#api/bgp.ts';
import { unixMs } from '#base/clock.ts';
import { defineControlCommand } from '../define.ts';
import { bgpExitCode, renderBgp, renderPlan } from '../render-bgp.ts';
import { paintFor } from '../table.ts';

export const command = defineControlCommand({
  name: 'bgp',
  isForAgents: true,
  summary: 'show border routers and what each was told',
  usage: `Usage: fairlead bgp [--plan] [-o json] [--config PATH]

Shows every session, what both sides agreed on, BFD, and each route with the time and the reason of its last change.
With --plan: what each neighbor would be told now beside what it was told. = the same, + not told yet, ~ told
otherwise, - to be taken back, ! cannot be told. The JSON has both.
On a node that speaks BGP itself, its agent answers for its own sessions, without any coordinator.
Exit code: 0 every session is up as the release has it, and told what it should be; 1 something is not;
2 wrong usage; 75 nobody answers.

      --plan         what would be told now, the difference marked
  -o, --output FORM  table (default) or json`,
  options: {
    plan: { type: 'boolean', default: false },
    output: { type: 'string', short: 'o', default: 'table' },
  },
  run: async ({ values, misused, call }) => {
    if (values.output !== 'table' && values.output !== 'json') {
      return misused(`got output '${values.output}', expected table or json`);
    }
    const answer = await call({ method: 'GET', path: '/v1/bgp', schema: bgpStatusSchema });
    if (!answer.ok) return answer.fault;
    const status = answer.value;
    const paint = paintFor(process.stdout);
    const text = values.plan ? renderPlan(status, paint) : renderBgp(status, unixMs(), paint);
    process.stdout.write(values.output === 'json' ? `${JSON.stringify(status, undefined, 2)}\n` : text);
    return bgpExitCode(status);
  },
});
