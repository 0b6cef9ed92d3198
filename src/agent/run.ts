/**
 * `fairlead agent` as a process: loads the config, runs until SIGTERM or SIGINT, loads it again on SIGHUP. A node that
 * speaks BGP drains its routes before it ends (R24); a second signal ends it at once.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import { formatProblem, formatProblems, sortProblems } from '#config/problem.ts';
import type { Problem } from '#config/problem.ts';
import { startAgent } from './agent.ts';
import type { Agent, AgentIdentity } from './agent.ts';
import { loadAgentConfig } from './config.ts';
import type { AgentConfig } from './config.ts';
import { NodeBgp } from './node-bgp.ts';

export interface RunAgentOptions {
  readonly configFile: string;
}

/**
 * Runs the agent in this process and returns its exit code: 0 after a signal to stop, 1 where the config is refused,
 * with every problem on standard error.
 *
 * On SIGHUP a config that is refused changes nothing, and says so.
 */
export async function runAgent(
  { configFile }: RunAgentOptions,
  { logger }: { readonly logger: Logger },
): Promise<number> {
  const first = loadAgentConfig(configFile);
  if (!first.ok) {
    process.stderr.write(formatProblems(first.fault, sourceOf(configFile)));
    return 1;
  }
  const identity = createIdentity();
  let config = first.value;
  let agent: Agent | undefined;
  let bgp = createBgp(config, logger, () => agent?.hurry());
  agent = startAgent(config, identity, logger, bgp);
  logger.info(`agent of ${first.value.node} at ${first.value.site} runs, pid ${process.pid}`);

  let isStopping = false;
  const reload = async (): Promise<void> => {
    const next = loadAgentConfig(configFile);
    if (!next.ok) {
      logProblems(logger, next.fault);
      logger.error(`the config was not changed: ${configFile} is refused`);
      return;
    }
    await agent?.stop();
    if (isStopping) return;
    // Sessions go on over a reload, unless what they stand on has changed.
    if (!isDeepStrictEqual(bgpPartOf(next.value), bgpPartOf(config))) {
      await bgp?.leave('the config of this node has changed');
      bgp = createBgp(next.value, logger, () => agent?.hurry());
    }
    config = next.value;
    agent = startAgent(config, identity, logger, bgp);
    logger.info(`loaded ${configFile} again`);
  };
  let reloading = Promise.resolve();
  const onHup = (): void => {
    reloading = reloading.then(reload);
  };
  process.on('SIGHUP', onHup);
  logger.info(`${await stopSignal()}: stopping`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(1));
  isStopping = true;
  process.off('SIGHUP', onHup);
  await reloading;
  // Drained while it still reports, so that the coordinator sees it leave.
  await bgp?.leave('the agent of this node stops');
  await agent.stop();
  return 0;
}

function bgpPartOf({ site, node, bgp }: AgentConfig): unknown {
  return { site, node, bgp };
}

function createBgp(config: AgentConfig, log: Logger, onChange: () => void): NodeBgp | undefined {
  const { site, node, bgp } = config;
  if (bgp === undefined) return undefined;
  return new NodeBgp({ site, node, machine: bgp, stateFile: bgp.stateFile, log, onChange });
}

function createIdentity(): AgentIdentity {
  let sequence = 0;
  return { boot: randomUUID(), nextSequence: () => sequence++ };
}

/** The file's text, so that problems can be shown in place; nothing where it cannot be read. */
function sourceOf(configFile: string): ReadonlyMap<string, string> {
  try {
    return new Map([[configFile, readFileSync(configFile, 'utf8')]]);
  } catch {
    return new Map();
  }
}

function logProblems(logger: Logger, problems: readonly Problem[]): void {
  for (const problem of sortProblems(problems)) logger.error({ ...problem }, formatProblem(problem));
}

function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const stop = (signal: NodeJS.Signals): void => {
      process.off('SIGTERM', stop);
      process.off('SIGINT', stop);
      resolve(signal);
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
  });
}
