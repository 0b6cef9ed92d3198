/** `fairlead rollback`: puts an earlier release in force again, as a new head. */
import { formatHeadId } from '#replication/head.ts';
import { callControl, reportFault } from '../client.ts';
import { exitCode } from '../command.ts';
import type { Command } from '../command.ts';
import { controlOptions, controlUsage, findControlSocket, parseOptions, usageFault, whoAmI } from '../options.ts';
import { appliedSchema } from './apply.ts';

const options = { ...controlOptions, reason: { type: 'string', short: 'r' } } as const;

export const command: Command = {
  name: 'rollback',
  summary: 'put an earlier release in force again',
  usage: `Usage: fairlead rollback [HEAD] [--reason TEXT] [--config DIR]

Puts the release of HEAD (such as 1.42, see 'fairlead history') in force again; without HEAD the release before the
current one. It becomes a new head, so that every site takes it as the newest.
Exit code: 0 in force, 1 refused, 2 wrong usage, 75 no coordinator answers.

  -r, --reason TEXT  why, for the history
${controlUsage}`,
  run,
};

async function run(args: readonly string[]): Promise<number> {
  const parsed = parseOptions(args, options);
  if (!parsed.ok) return usageFault('rollback', parsed.fault);
  const { values, positionals } = parsed.value;
  const [to, ...more] = positionals;
  if (more.length > 0) return usageFault('rollback', `unexpected argument '${more.join(' ')}'`);
  if (to !== undefined && !/^\d+\.\d+$/.test(to)) {
    return usageFault('rollback', `got '${to}', expected a head such as 1.42`);
  }
  const given = values.reason?.trim() ?? '';
  const reason = given === '' ? 'by hand' : given;
  const socket = findControlSocket(values);
  if (!socket.ok) {
    process.stderr.write(socket.fault);
    return exitCode.failed;
  }
  const body = { ...(to === undefined ? {} : { to }), who: whoAmI(), reason };
  const call = { method: 'POST', path: '/v1/rollback', body, schema: appliedSchema } as const;
  const applied = await callControl(socket.value, call);
  if (!applied.ok) return reportFault('rollback', applied.fault);
  const { head } = applied.value;
  process.stdout.write(`release ${formatHeadId(head)} (${head.release.slice(0, 12)}) in force: ${head.reason}\n`);
  return exitCode.ok;
}
