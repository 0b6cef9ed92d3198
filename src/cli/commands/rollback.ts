/** `fairlead rollback`: puts an earlier release in force again, as a new head. */
import { formatHeadId } from '#replication/head.ts';
import { exitCode } from '../command.ts';
import { defineControlCommand } from '../define.ts';
import { whoAmI } from '../options.ts';
import { appliedSchema } from './apply.ts';

export const command = defineControlCommand({
  name: 'rollback',
  summary: 'put an earlier release in force again',
  usage: `Usage: fairlead rollback [HEAD] [--reason TEXT] [--config DIR]

Puts the release of HEAD (such as 1.42, see 'fairlead history') in force again; without HEAD the release before the
current one. It becomes a new head, so that every site takes it as the newest.
Exit code: 0 in force, 1 refused, 2 wrong usage, 75 no coordinator answers.

  -r, --reason TEXT  why, for the history`,
  options: { reason: { type: 'string', short: 'r', default: 'by hand' } },
  parameters: ['[HEAD]'],
  run: async ({ values, positionals: [to], misused, call }) => {
    if (to !== undefined && !/^\d+\.\d+$/.test(to)) return misused(`got '${to}', expected a head such as 1.42`);
    const body = { ...(to === undefined ? {} : { to }), who: whoAmI(), reason: values.reason };
    const applied = await call({ method: 'POST', path: '/v1/rollback', body, schema: appliedSchema });
    if (!applied.ok) return applied.fault;
    const { head } = applied.value;
    process.stdout.write(`release ${formatHeadId(head)} (${head.release.slice(0, 12)}) in force: ${head.reason}\n`);
    return exitCode.ok;
  },
});
