/** `fairlead coordinator`: runs this site's coordinator in the foreground. */
import { runCoordinator } from '#coordinator/main.ts';
import type { Command } from '../command.ts';
import { configDirectory, parseOptions, usageFault } from '../options.ts';

const options = { config: { type: 'string', short: 'c' } } as const;

export const command: Command = {
  name: 'coordinator',
  summary: "run this site's coordinator: DNS, BGP, decisions",
  usage: `Usage: fairlead coordinator [--config DIR]

Reads DIR/fairlead.yaml, and on the writer DIR/sites and DIR/zones. Runs until SIGTERM, which leaves the routes to a
restart, or 'fairlead stop', which takes them back. SIGHUP takes changed files in; with an error in them nothing changes.
Exit code: 0 ended as asked, 1 the config is refused or an address cannot be had, 2 wrong usage.

  -c, --config DIR   where fairlead.yaml lies (default: here, else /etc/fairlead)`,
  run: async (args) => {
    const parsed = parseOptions(args, options);
    if (!parsed.ok) return usageFault('coordinator', parsed.fault);
    const { values, positionals } = parsed.value;
    if (positionals.length > 0) return usageFault('coordinator', `unexpected argument '${positionals.join(' ')}'`);
    return runCoordinator({ directory: configDirectory(values.config) });
  },
};
