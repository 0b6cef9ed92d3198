/**
 * `fairlead coordinator`: reads the config, starts the coordinator, and ends it by signal or by `fairlead stop`.
 *
 * SIGHUP takes the files beside `fairlead.yaml` in as a new release; with an error in them nothing changes. SIGTERM and
 * SIGINT end it as one who will be back (R24). A second one, or five seconds, end it in any case. With `replace` it takes
 * the DNS sockets of the coordinator that runs here, which answers until this one does (handover.ts of `serve`).
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { createPrng } from '#base/prng.ts';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { checkDirectory, loadBareFollower } from '#config/check-directory.ts';
import { createLogger } from '#config/log.ts';
import type { Logger } from '#config/log.ts';
import { loadMachine, machineFileName } from '#config/machine.ts';
import type { MachineConfig } from '#config/machine.ts';
import { formatProblems } from '#config/problem.ts';
import { offerHandover } from '#serve/handover-offer.ts';
import type { HandoverOffer } from '#serve/handover-offer.ts';
import { takeOver } from '#serve/handover.ts';
import type { TakenSockets } from '#serve/handover.ts';
import { Coordinator } from './coordinator.ts';
import type { StopMode } from './coordinator.ts';
import { DnsService } from './dns-service.ts';
import { Releases } from './releases.ts';

/** The longest that an end may take (R24). */
const stopDeadlineMs = 4500;
/** How long the coordinator that is replaced may take until only its DNS is left. */
const takeLimitMs = 6000;
/** How long TCP connections may go on in a process that was replaced. */
const drainMs = 10_000;

/** A coordinator that runs until it is asked to end. */
export interface RunningCoordinator {
  readonly machine: MachineConfig;
  readonly dnsAddresses: readonly string[];
}

export interface RunOptions {
  /** Where `fairlead.yaml` lies. */
  readonly directory: string;
  /** Takes over from the coordinator that runs here, without losing a query. */
  readonly replace?: boolean;
  /** Called when everything is open. */
  readonly onRunning?: (running: RunningCoordinator) => void;
}

/** Runs a coordinator; returns the exit code. Config problems go to standard error, all at once. */
export async function runCoordinator(options: RunOptions): Promise<number> {
  const machine = loadMachine(options.directory);
  if (!machine.ok) {
    // The release's problems too: whoever mends one file wants to know of the others.
    const checked = checkDirectory(options.directory);
    if (!checked.ok) process.stderr.write(formatProblems(checked.fault.problems, checked.fault.sources));
    return 1;
  }
  mkdirSync(machine.value.stateDirectory, { recursive: true, mode: 0o750 });
  const log = createLogger({ level: machine.value.log.level });
  const taken = options.replace === true ? await takeSockets(machine.value, log) : succeed(undefined);
  if (!taken.ok) return complain(taken.fault);
  return runWith({ ...options, machine: machine.value, log }, taken.value);
}

interface RunParts extends RunOptions {
  readonly machine: MachineConfig;
  readonly log: Logger;
}

/** The sockets of the coordinator that runs here already, where there is one. */
async function takeSockets(machine: MachineConfig, log: Logger): Promise<Result<TakenSockets | undefined, string>> {
  // The one that runs stops deciding once its sockets are asked for: what would refuse this start must show before.
  const checked = loadBareFollower(machine.directory) === undefined ? checkDirectory(machine.directory) : undefined;
  if (checked?.ok === false) return refuse(formatProblems(checked.fault.problems, checked.fault.sources));
  const taken = await takeOver(machine.handoverSocket, takeLimitMs);
  if (!taken.ok) return refuse(`fairlead: ${taken.fault}; what ran goes on`);
  const count = taken.value === undefined ? 0 : taken.value.sockets.udp.length + taken.value.sockets.tcp.length;
  const text = count === 0 ? 'no coordinator runs here: nothing to replace' : `${count} sockets taken over`;
  log.info({ event: 'replace' }, text);
  return taken;
}

/** Runs, and runs again where a replacement took over and went away; DNS is answered all the while. */
async function runWith(parts: RunParts, taken: TakenSockets | undefined): Promise<number> {
  const { machine, log } = parts;
  const dns = new DnsService(machine.dns, log, taken?.sockets);
  for (let isFirst = true; ; isFirst = false) {
    const seed = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
    const releases = await Releases.open({ machine, log, prng: createPrng(seed) });
    if (!releases.ok) {
      taken?.abandon();
      await dns.close();
      return complain(releases.fault);
    }
    const run = new Run(parts, dns, releases.value);
    const ended = await run.untilEnded(isFirst ? taken : undefined);
    if (ended.kind === 'ended') return ended.exitCode;
    log.error({ event: 'replace' }, `the replacement went away (${ended.reason}): deciding again`);
  }
}

function complain(text: string): number {
  process.stderr.write(text.endsWith('\n') ? text : `${text}\n`);
  return 1;
}

/** How a run came to its end: for good, or by a replacement that did not make it. */
type RunEnd =
  { readonly kind: 'ended'; readonly exitCode: number } | { readonly kind: 'abandoned'; readonly reason: string };

/** One coordinator from its start to its end. */
class Run {
  readonly #parts: RunParts;
  readonly #dns: DnsService;
  readonly #coordinator: Coordinator;
  readonly #ending = Promise.withResolvers<StopMode>();
  /** Resolves when DNS alone is left, so that its sockets may be given away. */
  readonly #reduced = Promise.withResolvers<undefined>();
  /** How the handover went: taken by the other process, or why not. */
  readonly #handover = Promise.withResolvers<'taken' | { readonly reason: string }>();
  #offer: HandoverOffer | undefined;

  constructor(parts: RunParts, dns: DnsService, releases: Releases) {
    this.#parts = parts;
    this.#dns = dns;
    this.#coordinator = new Coordinator({
      machine: parts.machine,
      log: parts.log,
      version: packageVersion(),
      releases,
      dns,
      onStopRequest: () => {
        this.#ending.resolve({ kind: 'leave', reason: 'fairlead stop' });
      },
    });
    this.#releases = releases;
  }

  readonly #releases: Releases;

  /** Starts, tells the process before that DNS is answered here, and runs until it is asked to end. */
  async untilEnded(taken: TakenSockets | undefined): Promise<RunEnd> {
    const { log } = this.#parts;
    const forgetSignals = listenToSignals({ ...this.#parts, releases: this.#releases }, this.#coordinator, (mode) => {
      this.#ending.resolve(mode);
      this.#handover.resolve({ reason: 'asked to end' });
    });
    const exitCode = await this.#start(taken);
    const mode = await this.#ending.promise;
    if (exitCode === 0) log.info({ event: 'stop' }, stopTexts[mode.kind]);
    await this.#stop(mode, exitCode);
    if (mode.kind !== 'handOver') {
      await this.#offer?.close();
      forgetSignals();
      return { kind: 'ended', exitCode };
    }
    this.#reduced.resolve(undefined);
    const outcome = await this.#handover.promise;
    forgetSignals();
    if (outcome === 'taken') {
      log.info({ event: 'replace' }, "another coordinator answers in this one's place: ending open connections");
      await this.#dns.close(drainMs);
      return { kind: 'ended', exitCode };
    }
    await this.#offer?.close();
    if (outcome.reason !== 'asked to end') return { kind: 'abandoned', reason: outcome.reason };
    await this.#dns.close();
    return { kind: 'ended', exitCode };
  }

  /** Returns the exit code so far: 1, with the reason on standard error, where it could not start. */
  async #start(taken: TakenSockets | undefined): Promise<number> {
    const first = await Promise.race([this.#coordinator.start(), this.#ending.promise]);
    if ('ok' in first && !first.ok) {
      for (const line of first.fault) process.stderr.write(`fairlead: ${line}\n`);
      taken?.abandon();
      this.#ending.resolve({ kind: 'restart' });
      return 1;
    }
    if (!('ok' in first)) {
      taken?.abandon();
      return 0;
    }
    await taken?.confirm();
    await this.#offerSockets();
    this.#parts.onRunning?.({ machine: this.#parts.machine, dnsAddresses: this.#coordinator.dnsAddresses() });
    return 0;
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
    const deadline = setTimeout(() => {
      log.error({ event: 'stop' }, `not everything ended within ${stopDeadlineMs}ms, exiting all the same`);
      process.exit(exitCode);
    }, stopDeadlineMs);
    await this.#coordinator.stop(mode);
    clearTimeout(deadline);
  }
}

const stopTexts: Readonly<Record<StopMode['kind'], string>> = {
  leave: 'stopping, routes first',
  restart: 'stopping',
  handOver: 'handing over to another coordinator: DNS goes on as it was decided last',
};

/** Listens until the returned function is called. */
function listenToSignals(
  parts: RunParts & { readonly releases: Releases },
  coordinator: Coordinator,
  end: (mode: StopMode) => void,
): () => void {
  const onEnd = (): void => {
    end({ kind: 'restart' });
    // Whoever asks twice does not want to wait.
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(1));
  };
  const onReload = (): void => {
    coordinator.reloadMachine();
    void reload(parts);
  };
  process.once('SIGTERM', onEnd).once('SIGINT', onEnd).on('SIGHUP', onReload);
  return () => {
    process.off('SIGTERM', onEnd).off('SIGINT', onEnd).off('SIGHUP', onReload);
  };
}

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
