/** `fairlead status`: what this site's coordinator believes and does, and why. */
import { statusSchema } from '#api/status.ts';
import { unixMs } from '#base/clock.ts';
import { defineControlCommand } from '../define.ts';
import { renderStatus, statusExitCode } from '../render-status.ts';
import { paintFor } from '../table.ts';

export const command = defineControlCommand({
  name: 'status',
  summary: 'what is up, answered and announced, and why',
  usage: `Usage: fairlead status [-o json] [--config DIR]

Exit code: 0 all is well, 1 something is not, 2 a service is answered without health (or wrong usage),
75 no coordinator answers.

  -o, --output FORM  table (default) or json`,
  options: { output: { type: 'string', short: 'o', default: 'table' } },
  run: async ({ values, misused, call }) => {
    if (values.output !== 'table' && values.output !== 'json') {
      return misused(`got output '${values.output}', expected table or json`);
    }
    const answer = await call({ method: 'GET', path: '/v1/status', schema: statusSchema });
    if (!answer.ok) return answer.fault;
    const status = answer.value;
    const text =
      values.output === 'json'
        ? `${JSON.stringify(status, undefined, 2)}\n`
        : renderStatus(status, unixMs(), paintFor(process.stdout));
    process.stdout.write(text);
    return statusExitCode(status);
  },
});
