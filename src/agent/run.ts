/**
 * `fairlead agent` as a process: loads the config, runs until SIGTERM, SIGINT or `fairlead stop`, loads it again on
 * SIGHUP. A node that speaks BGP drains its routes before it ends (R24); a second signal ends it at once.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { ApiFault } from '#api/fault.ts';
import { startAgentApi } from '#api/agent.ts';
import type { AgentApi } from '#api/agent.ts';
import { monotonicMs } from '#base/clock.ts';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { readKernelDrops } from '#border/kernel-drops.ts';
import { formatProblem, formatProblems, sortProblems } from '#config/problem.ts';
import type { Problem } from '#config/problem.ts';
import { startAgent } from './agent.ts';
import type { Agent, AgentIdentity } from './agent.ts';
import { loadAgentConfig } from './config.ts';
import type { AgentConfig } from './config.ts';
import { describeNode, describeNodeBgp } from './control.ts';
import { NodeBgp } from './node-bgp.ts';

export interface RunAgentOptions {
  readonly configFile: string;
}

/** What a stop may take besides its routes. */
const restOfStopMs = 10_000;

/**
 * Runs the agent in this process and returns its exit code: 0 after it was asked to stop, 1 where the config is refused,
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
  const run = new AgentRun(configFile, first.value, logger);
  await run.openControl();
  logger.info(`agent of ${first.value.node} at ${first.value.site} runs, pid ${process.pid}`);
  await run.untilEnded();
  return 0;
}

/** One run of the agent, over reloads of its config. */
class AgentRun {
  readonly #configFile: string;
  readonly #logger: Logger;
  readonly #identity = createIdentity();
  readonly #startedAtMs = monotonicMs();
  readonly #stopAsked = Promise.withResolvers<string>();
  #config: AgentConfig;
  #bgp: NodeBgp | undefined;
  #agent: Agent;
  #control: AgentApi | undefined;
  #isStopping = false;

  constructor(configFile: string, config: AgentConfig, logger: Logger) {
    this.#configFile = configFile;
    this.#config = config;
    this.#logger = logger;
    this.#bgp = this.#createBgp(config);
    this.#agent = startAgent(config, this.#identity, logger, this.#bgp);
  }

  /** Opens the control socket. Without it everything else goes on: a node must not go for want of a way to look at it. */
  async openControl(): Promise<void> {
    const { controlSocket } = this.#config;
    const onFailure = (call: string, error: unknown): void => this.#logger.error(error, `${call} failed`);
    try {
      this.#control = await startAgentApi(
        {
          status: async () => ({
            site: this.#config.site,
            node: this.#config.node,
            uptimeMs: monotonicMs() - this.#startedAtMs,
            ...this.#agent.describe(),
            ...(this.#bgp === undefined ? {} : { bgp: describeNode(await this.#bgp.describe()) }),
          }),
          bgp: async () => describeNodeBgp(await this.#bgp?.describe(), readKernelDrops()),
          prepareStop: ({ force }) => this.#prepareStop(force),
          stopWithinMs: () => (this.#bgp?.leaveMs ?? 0) + restOfStopMs,
          stop: () => this.#stopAsked.resolve('fairlead stop'),
        },
        { controlSocket, onFailure },
      );
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#logger.error(`no command can talk to this agent: its control socket cannot be had: ${why}`);
    }
  }

  /** Whether a person may stop this agent: a node that speaks asks the coordinator of its site first. */
  async #prepareStop(forced: readonly string[]): Promise<Result<{ readonly warning: string | undefined }, ApiFault>> {
    const leave = (await this.#bgp?.askToLeave(forced)) ?? succeed({ warning: undefined });
    if (!leave.ok) {
      const message = `the agent goes on. ${leave.fault}. to end it all the same: 'fairlead stop --force R19'`;
      return refuse({ status: 409, code: 'stop-refused', message });
    }
    if (leave.value.warning !== undefined) this.#logger.warn(leave.value.warning);
    return leave;
  }

  /** Runs until it is asked to stop, then ends in order. */
  async untilEnded(): Promise<void> {
    let reloading = Promise.resolve();
    const onHup = (): void => {
      reloading = reloading.then(() => this.#reload());
    };
    const onSignal = (signal: NodeJS.Signals): void => {
      // A second signal ends it at once.
      if (this.#isStopping) process.exit(1);
      this.#stopAsked.resolve(signal);
    };
    process.on('SIGHUP', onHup).on('SIGTERM', onSignal).on('SIGINT', onSignal);
    this.#logger.info(`${await this.#stopAsked.promise}: stopping`);
    this.#isStopping = true;
    process.off('SIGHUP', onHup);
    await reloading;
    // Drained while it still reports, so that the coordinator sees it leave.
    await this.#bgp?.leave('the agent of this node stops');
    await this.#agent.stop();
    await this.#control?.close();
  }

  async #reload(): Promise<void> {
    const next = loadAgentConfig(this.#configFile);
    if (!next.ok) {
      logProblems(this.#logger, next.fault);
      this.#logger.error(`the config was not changed: ${this.#configFile} is refused`);
      return;
    }
    await this.#agent.stop();
    if (this.#isStopping) return;
    const before = this.#config;
    this.#config = next.value;
    // Sessions go on over a reload, unless what they stand on has changed.
    if (!isDeepStrictEqual(bgpPartOf(next.value), bgpPartOf(before))) {
      await this.#bgp?.leave('the config of this node has changed');
      this.#bgp = this.#createBgp(next.value);
    }
    this.#agent = startAgent(next.value, this.#identity, this.#logger, this.#bgp);
    if (this.#control === undefined || next.value.controlSocket !== before.controlSocket) {
      await this.#control?.close();
      this.#control = undefined;
      await this.openControl();
    }
    this.#logger.info(`loaded ${this.#configFile} again`);
  }

  #createBgp({ site, node, bgp }: AgentConfig): NodeBgp | undefined {
    if (bgp === undefined) return undefined;
    const onChange = (): void => this.#agent.hurry();
    return new NodeBgp({ site, node, machine: bgp, stateFile: bgp.stateFile, log: this.#logger, onChange });
  }
}

function bgpPartOf({ site, node, bgp }: AgentConfig): unknown {
  return { site, node, bgp };
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
