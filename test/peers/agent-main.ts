/** Runs the agent of the config file given as argument, for tests that need it as a process of its own. */
import { runAgent } from '#agent/run.ts';
import { createLogger } from '#config/log.ts';

process.exitCode = await runAgent({ configFile: process.argv[2] ?? '' }, { logger: createLogger({ name: 'agent' }) });
