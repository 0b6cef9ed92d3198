/** `fairlead status`: what this site's coordinator believes and does, and why; on a node, what its agent sees and tells. */
import { z } from 'zod';
import { agentStatusSchema } from '#api/agent.ts';
import { statusSchema } from '#api/status.ts';
import { unixMs } from '#base/clock.ts';
import { defineControlCommand } from '../define.ts';
import { agentExitCode, renderAgentStatus } from '../render-agent.ts';
import { renderStatus, statusExitCode } from '../render-status.ts';
import { paintFor } from '../table.ts';

export const command = defineControlCommand({
  name: 'status',
  isForAgents: true,
  summary: 'what is up, answered and announced, and why',
  usage: `Usage: fairlead status [-o json] [--config PATH]

On a node its agent answers: what it reports, who takes its reports, and its BGP sessions.

Exit code: 0 all is well, 1 something is not, 2 a service is answered without health (or wrong usage),
75 nobody answers.

  -o, --output FORM  table (default) or json`,
  options: { output: { type: 'string', short: 'o', default: 'table' } },
  run: async ({ values, misused, call }) => {
    if (values.output !== 'table' && values.output !== 'json') {
      return misused(`got output '${values.output}', expected table or json`);
    }
    const answer = await call({
      method: 'GET',
      path: '/v1/status',
      schema: z.union([agentStatusSchema, statusSchema]),
    });
    if (!answer.ok) return answer.fault;
    const status = answer.value;
    const paint = paintFor(process.stdout);
    const isOfAgent = 'node' in status;
    const text = isOfAgent ? renderAgentStatus(status, unixMs(), paint) : renderStatus(status, unixMs(), paint);
    process.stdout.write(values.output === 'json' ? `${JSON.stringify(status, undefined, 2)}\n` : text);
    return isOfAgent ? agentExitCode(status) : statusExitCode(status);
  },
});
