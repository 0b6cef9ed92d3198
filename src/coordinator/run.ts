/**
 * One coordinator of a process, from its start to its end: by signal, by `fairlead stop`, or by a hand-over of its DNS
 * sockets to the process that replaces it (handover.ts of `serve`). SIGHUP takes files in while it runs.
 */
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { Prng } from '#base/prng.ts';
import type { Logger } from '#config/log.ts';
import { loadMachine, machineFileName } from '#config/machine.ts';
import type { MachineConfig } from '#config/machine.ts';
import { formatProblems } from '#config/problem.ts';
import { offerHandover } from '#serve/handover-offer.ts';
import type { HandoverOffer } from '#serve/handover-offer.ts';
import type { TakenSockets } from '#serve/handover.ts';
import { Coordinator } from './coordinator.ts';
import type { StopMode } from './coordinator.ts';
import type { DnsService } from './dns-service.ts';
import type { Releases } from './releases.ts';
import type { Signals } from './signals.ts';

/** The longest that an end may take, besides what `fairlead stop` waits for its routes (R24). */
const stopDeadlineMs = 4500;
/** How long TCP connections may go on in a process that was replaced. */
const drainMs = 10_000;

/** A coordinator that runs until it is asked to end. */
export interface RunningCoordinator {
  readonly machine: MachineConfig;
  readonly dnsAddresses: readonly string[];
}

/** What every run of one process has. */
export interface RunParts {
  readonly machine: MachineConfig;
  readonly log: Logger;
  readonly signals: Signals;
  /** Called when everything is open. */
  readonly onRunning?: (running: RunningCoordinator) => void;
}

/** How a run came to its end. */
export type RunEnd =
  | { readonly kind: 'ended'; readonly exitCode: number }
  /** A replacement asked for the sockets and did not make it; DNS goes on. */
  | { readonly kind: 'abandoned'; readonly reason: string }
  /** It could not start; DNS that was open before goes on. */
  | { readonly kind: 'failed'; readonly reason: string };

/** What one run is given; the releases are its own to close. */
export interface RunResources {
  readonly dns: DnsService;
  readonly releases: Releases;
  readonly prng: Prng;
}

/** One coordinator from its start to its end. */
export class Run {
  readonly #parts: RunParts;
  readonly #dns: DnsService;
  readonly #releases: Releases;
  readonly #coordinator: Coordinator;
  /** DNS was open before, and is not to end because something else fails. */
  readonly #isResumed: boolean;
  readonly #ending = Promise.withResolvers<StopMode>();
  /** Resolves when DNS alone is left, so that its sockets may be given away. */
  readonly #reduced = Promise.withResolvers<undefined>();
  /** How the handover went: taken by the other process, or why not. */
  readonly #handover = Promise.withResolvers<'taken' | { readonly reason: string }>();
  #offer: HandoverOffer | undefined;

  constructor(parts: RunParts, { dns, releases, prng }: RunResources) {
    this.#parts = parts;
    this.#dns = dns;
    this.#coordinator = new Coordinator({
      machine: parts.machine,
      log: parts.log,
      prng,
      version: packageVersion(),
      releases,
      dns,
      onStopRequest: () => {
        this.#ending.resolve({ kind: 'leave', reason: 'fairlead stop' });
      },
    });
    this.#releases = releases;
    this.#isResumed = dns.bound.length > 0;
  }

  /** Starts, tells the process before that DNS is answered here, and runs until it is asked to end. */
  async untilEnded(taken: TakenSockets | undefined): Promise<RunEnd> {
    const { log, signals } = this.#parts;
    void signals.endAsked.then(() => {
      this.#ending.resolve({ kind: 'restart' });
      this.#handover.resolve({ reason: 'asked to end' });
    });
    signals.reloadBy(() => {
      this.#coordinator.reloadMachine();
      void reload({ ...this.#parts, releases: this.#releases });
    });
    const fault = await this.#start(taken);
    if (fault !== undefined) return this.#endFailed(fault, taken);
    const mode = await this.#ending.promise;
    signals.reloadBy(undefined);
    log.info({ event: 'stop' }, stopTexts[mode.kind]);
    await this.#stop(mode, 0);
    if (mode.kind === 'handOver') return this.#handOver();
    // Not before everything here is closed: the process before opens the same files and ports then.
    taken?.abandon();
    await this.#offer?.close();
    return { kind: 'ended', exitCode: 0 };
  }

  /** Gives the sockets away, and ends when another process answers on them. */
  async #handOver(): Promise<RunEnd> {
    const { log, signals } = this.#parts;
    this.#reduced.resolve(undefined);
    const outcome = await this.#handover.promise;
    if (outcome === 'taken') {
      log.info({ event: 'replace' }, "another coordinator answers in this one's place: ending open connections");
      void signals.endAsked.then(() => process.exit(0));
      await this.#dns.close(drainMs);
      return { kind: 'ended', exitCode: 0 };
    }
    await this.#offer?.close();
    if (outcome.reason !== 'asked to end') return { kind: 'abandoned', reason: outcome.reason };
    await this.#dns.close();
    return { kind: 'ended', exitCode: 0 };
  }

  /** Returns why it could not start; undefined also where it was asked to end before. */
  async #start(taken: TakenSockets | undefined): Promise<string | undefined> {
    const first = await Promise.race([this.#coordinator.start(), this.#ending.promise]);
    if (!('ok' in first)) return undefined;
    if (!first.ok) return first.fault.map((line) => `fairlead: ${line}\n`).join('');
    const confirmed = await taken?.confirm();
    if (confirmed?.ok === false) return `fairlead: what ran before goes on: ${confirmed.fault}`;
    await this.#offerSockets();
    this.#parts.onRunning?.({ machine: this.#parts.machine, dnsAddresses: this.#coordinator.dnsAddresses() });
    return undefined;
  }

  /** Ends what was started; DNS goes on in the process before, or here where it was open already. */
  async #endFailed(reason: string, taken: TakenSockets | undefined): Promise<RunEnd> {
    this.#parts.signals.reloadBy(undefined);
    await this.#stop({ kind: this.#isResumed ? 'handOver' : 'restart' }, 1);
    taken?.abandon();
    return { kind: 'failed', reason };
  }

  async #offerSockets(): Promise<void> {
    const { machine, log } = this.#parts;
    const offer = await offerHandover({
      path: machine.handoverSocket,
      sockets: async () => {
        this.#ending.resolve({ kind: 'handOver' });
        await this.#reduced.promise;
        return this.#dns.sockets;
      },
      onTaken: () => this.#handover.resolve('taken'),
      onAbandoned: (reason) => this.#handover.resolve({ reason }),
      onRefused: (reason) => log.warn({ event: 'replace' }, `sockets were asked for and not given: ${reason}`),
    });
    if (offer.ok) this.#offer = offer.value;
    else log.warn({ event: 'replace' }, `this coordinator cannot be replaced without loss: ${offer.fault}`);
  }

  async #stop(mode: StopMode, exitCode: number): Promise<void> {
    const { log } = this.#parts;
    const limitMs = stopDeadlineMs + (mode.kind === 'leave' ? this.#coordinator.leaveMs : 0);
    const deadline = setTimeout(() => {
      const isEnd = mode.kind !== 'handOver';
      const then = isEnd ? 'exiting all the same' : 'DNS goes on as it was decided last';
      log.error({ event: 'stop' }, `not everything ended within ${limitMs}ms, ${then}`);
      if (isEnd) process.exit(exitCode);
    }, limitMs);
    await this.#coordinator.stop(mode);
    clearTimeout(deadline);
  }
}

const stopTexts: Readonly<Record<StopMode['kind'], string>> = {
  leave: 'stopping, routes first',
  restart: 'stopping',
  handOver: 'handing over to another coordinator: DNS goes on as it was decided last',
};

async function reload({ machine, log, releases }: RunParts & { readonly releases: Releases }): Promise<void> {
  tellOfMachine(machine, log);
  if (machine.replication.role === 'follower') {
    log.warn({ event: 'reload' }, 'nothing to reload: this coordinator follows the writer');
    return;
  }
  const imported = await releases.importDirectory('SIGHUP');
  if (!imported.ok) {
    log.error({ event: 'reload' }, `reload refused, what ran keeps running:\n${imported.fault.trimEnd()}`);
  } else if (imported.value === 'unchanged') {
    log.info({ event: 'reload' }, 'reload: the files have not changed');
  }
}

/** `fairlead.yaml` is read at a start only: whoever changed it should know. */
function tellOfMachine(running: MachineConfig, log: Logger): void {
  const machine = loadMachine(running.directory);
  if (!machine.ok) {
    const { problems, text } = machine.fault;
    const lines = formatProblems(problems, new Map(text === undefined ? [] : [[machineFileName, text]]));
    log.error({ event: 'reload' }, `${machineFileName} is refused, the next start would fail:\n${lines.trimEnd()}`);
  } else if (!isDeepStrictEqual(machine.value, running)) {
    log.warn({ event: 'reload' }, `${machineFileName} has changed, which takes effect at the next start`);
  }
}

/** The version of this checkout. */
function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const version = typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : '';
  return String(version);
}
