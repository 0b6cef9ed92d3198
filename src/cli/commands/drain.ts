/** `fairlead drain`: no new users for a site, until it is taken back or expires (R25, R26). */
import { z } from 'zod';
import { parseDurationMs } from '#base/time.ts';
import { overrideSchema } from '#health/report.ts';
import { exitCode } from '../command.ts';
import { defineControlCommand } from '../define.ts';
import { whoAmI } from '../options.ts';

const drainedSchema = z.object({ override: overrideSchema, state: z.string() });

export const command = defineControlCommand({
  name: 'drain',
  summary: 'take a site out of answers and routes, for a time',
  usage: `Usage: fairlead drain SITE --reason TEXT --expires DURATION [--config DIR]

DNS leaves the site out at once, everywhere. Its own coordinator waits for the longest TTL, then gives its routes
65535:0, then withdraws them. A drain that would leave a service without an endpoint that is up stays pending (R19).
Exit code: 0 in force or pending, 1 refused, 2 wrong usage, 75 no coordinator answers.

  -r, --reason TEXT       why, for everyone who looks at the status
  -e, --expires DURATION  when it ends by itself, such as 30m or 2h
      --force RULE        pass over a rule that keeps the routes, such as maxWithdrawn; may be given several times`,
  options: {
    reason: { type: 'string', short: 'r' },
    expires: { type: 'string', short: 'e' },
    force: { type: 'string', multiple: true },
  },
  parameters: ['SITE'],
  run: async ({ values, positionals: [site], misused, call }) => {
    const reason = values.reason?.trim() ?? '';
    if (reason === '') return misused('expected a --reason');
    if (values.expires === undefined) return misused('expected --expires, such as --expires 30m');
    const durationMs = parseDurationMs(values.expires);
    if (durationMs === undefined) {
      return misused(`--expires: got '${values.expires}', expected a duration such as 30m or 2h`);
    }
    const body = { kind: 'drain', site, reason, who: whoAmI(), durationMs, forced: values.force };
    const answer = await call({ method: 'POST', path: '/v1/overrides', body, schema: drainedSchema });
    if (!answer.ok) return answer.fault;
    const { override, state } = answer.value;
    const until = new Date(override.createdAtUnixMs + override.durationMs).toISOString();
    process.stdout.write(`drain of ${override.site} until ${until}: ${state}\n`);
    return exitCode.ok;
  },
});
