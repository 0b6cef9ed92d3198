/** `fairlead agent`: runs the node side beside HAProxy and keepalived. */
import { runAgent } from '#agent/run.ts';
import { createLogger } from '#config/log.ts';
import { defineCommand } from '../define.ts';

export const command = defineCommand({
  name: 'agent',
  summary: 'report on HAProxy and keepalived of this node',
  usage: `Usage: fairlead agent [--config FILE]

Runs until SIGTERM; loads its config again on SIGHUP.
Exit code: 0 after a signal, 1 the config is refused, 2 wrong usage.

  -c, --config FILE  default: /etc/fairlead/agent.yaml`,
  options: { config: { type: 'string', short: 'c' } },
  run: ({ values }) =>
    runAgent({ configFile: values.config ?? '/etc/fairlead/agent.yaml' }, { logger: createLogger() }),
});
