/** `fairlead undrain`: takes a site's drain back before it expires. */
import { z } from 'zod';
import { exitCode } from '../command.ts';
import { defineControlCommand } from '../define.ts';
import { whoAmI } from '../options.ts';

export const command = defineControlCommand({
  name: 'undrain',
  summary: 'take a drain back',
  usage: `Usage: fairlead undrain SITE [--reason TEXT] [--config DIR]

Routes come back first, then answers.
Exit code: 0 taken back, 1 there was none, 2 wrong usage, 75 no coordinator answers.

  -r, --reason TEXT  why, for the log`,
  options: { reason: { type: 'string', short: 'r' } },
  parameters: ['SITE'],
  run: async ({ values, positionals: [site], call }) => {
    const answer = await call({
      method: 'POST',
      path: '/v1/undrain',
      body: { site, reason: values.reason ?? 'undrained', who: whoAmI() },
      schema: z.object({ removed: z.array(z.unknown()) }),
    });
    if (!answer.ok) return answer.fault;
    process.stdout.write(`${site} is no longer drained\n`);
    return exitCode.ok;
  },
});
