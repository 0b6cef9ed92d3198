/** `fairlead agent`: runs the node side beside HAProxy and keepalived. */
import { runAgent } from '#agent/run.ts';
import { createLogger } from '#config/log.ts';
import type { Command } from '../command.ts';
import { parseOptions, usageFault } from '../options.ts';

const options = { config: { type: 'string', short: 'c' } } as const;

export const command: Command = {
  name: 'agent',
  summary: 'report on HAProxy and keepalived of this node',
  usage: `Usage: fairlead agent [--config FILE]

Runs until SIGTERM; loads its config again on SIGHUP.
Exit code: 0 after a signal, 1 the config is refused, 2 wrong usage.

  -c, --config FILE  default: /etc/fairlead/agent.yaml`,
  run: async (args) => {
    const parsed = parseOptions(args, options);
    if (!parsed.ok) return usageFault('agent', parsed.fault);
    const { values, positionals } = parsed.value;
    if (positionals.length > 0) return usageFault('agent', `unexpected argument '${positionals.join(' ')}'`);
    return runAgent({ configFile: values.config ?? '/etc/fairlead/agent.yaml' }, { logger: createLogger() });
  },
};
