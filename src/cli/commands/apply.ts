/** `fairlead apply`: puts the release that lies here in force at every site, through the writer. */
import { z } from 'zod';
import { formatProblem, formatProblems } from '#config/problem.ts';
import { formatHeadId, headSchema } from '#replication/head.ts';
import { checkDirectory, loadBareFollower } from '#config/check-directory.ts';
import { callControl, reportFault } from '../client.ts';
import { exitCode } from '../command.ts';
import { defineCommand } from '../define.ts';
import { configDirectory, controlOptions, controlUsage, whoAmI } from '../options.ts';

/** What the API answers to a release or a rollback. */
export const appliedSchema = z.object({ head: headSchema, changed: z.boolean() });

export const command = defineCommand({
  name: 'apply',
  summary: 'put sites/ and zones/ in force at every site',
  usage: `Usage: fairlead apply [--reason TEXT] [--allow-removal] [--config DIR]

Checks the release beside fairlead.yaml and sends it to the coordinator of this machine, which must be the writer.
Exit code: 0 in force, 1 refused, 2 wrong usage, 75 no coordinator answers.

  -r, --reason TEXT  why, for the history
  --allow-removal    zones that are served now may be missing from zones/
${controlUsage}`,
  options: {
    ...controlOptions,
    reason: { type: 'string', short: 'r', default: 'applied by hand' },
    'allow-removal': { type: 'boolean', default: false },
  },
  run: async ({ values }) => {
    const directory = configDirectory(values.config);
    const follower = loadBareFollower(directory)?.replication;
    if (follower?.role === 'follower') {
      process.stderr.write(`fairlead apply: this machine follows ${follower.from.join(', ')}, run it there\n`);
      return exitCode.failed;
    }
    const checked = checkDirectory(directory);
    if (!checked.ok) {
      process.stderr.write(formatProblems(checked.fault.problems, checked.fault.sources));
      process.stderr.write('fairlead apply: nothing was sent\n');
      return exitCode.failed;
    }
    const { machine, release, files } = checked.value;
    process.stderr.write(release.warnings.map((warning) => `warning: ${formatProblem(warning)}\n`).join(''));
    const applied = await callControl(values.socket ?? machine.controlSocket, {
      method: 'POST',
      path: '/v1/releases',
      body: {
        files: Object.fromEntries(files),
        who: whoAmI(),
        reason: values.reason,
        allowRemoval: values['allow-removal'],
      },
      schema: appliedSchema,
    });
    if (!applied.ok) return reportFault('apply', applied.fault);
    const { head, changed } = applied.value;
    const what = changed ? 'in force' : 'was in force already';
    process.stdout.write(`release ${formatHeadId(head)} (${head.release.slice(0, 12)}) ${what}\n`);
    return exitCode.ok;
  },
});
