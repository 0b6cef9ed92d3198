/**
 * `fairlead coordinator`: reads the config, starts the coordinator, and ends it by signal or by `fairlead stop`.
 *
 * SIGHUP takes the files beside `fairlead.yaml` in as a new release; with an error in them nothing changes. SIGTERM and
 * SIGINT end it as one who will be back (R24). A second one, or five seconds, end it in any case. With `replace` it takes
 * the DNS sockets of the coordinator that runs here, which answers until this one does (handover.ts of `serve`).
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { createPrng } from '#base/prng.ts';
import type { Prng } from '#base/prng.ts';
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
import { GeoFiles } from './geo-files.ts';
import { Releases } from './releases.ts';
import { Signals } from './signals.ts';
import type { ZoneThreads } from './zone-thread.ts';

/** The longest that an end may take, besides what `fairlead stop` waits for its routes (R24). */
const stopDeadlineMs = 4500;
/** How long the coordinator that is replaced may take until only its DNS is left. */
const takeLimitMs = 6000;
/** How long TCP connections may go on in a process that was replaced. */
const drainMs = 10_000;
/** How long after a failed attempt it is tried again to decide. */
const resumeMs = 1000;

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
  /** Where zones are read, most useful with a thread prepared. */
  readonly zoneThreads?: ZoneThreads;
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
  const signals = new Signals();
  try {
    const taken = options.replace === true ? await takeSockets(machine.value, log) : succeed(undefined);
    if (!taken.ok) return complain(taken.fault);
    return await runWith({ ...options, machine: machine.value, log, signals }, taken.value);
  } finally {
    signals.close();
  }
}

interface RunParts extends RunOptions {
  readonly machine: MachineConfig;
  readonly log: Logger;
  readonly signals: Signals;
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
  const dns = new DnsService(parts.machine.dns, parts.log, taken?.sockets);
  let ended = await runFirst(parts, dns, taken);
  while (ended.kind !== 'ended') {
    parts.log.error({ event: 'replace' }, `the replacement went away (${ended.reason}): deciding again`);
    ended = await resume(parts, dns);
  }
  return ended.exitCode;
}

async function runFirst(parts: RunParts, dns: DnsService, taken: TakenSockets | undefined): Promise<RunEnd> {
  const releases = await Promise.race([openReleases(parts, true), parts.signals.endAsked]);
  // Nothing runs yet that would have to end in order.
  if (releases === undefined) process.exit(0);
  if (releases.ok) return await new Run(parts, dns, releases.value).untilEnded(taken);
  taken?.abandon();
  await dns.close();
  return { kind: 'ended', exitCode: complain(releases.fault) };
}

/** Decides again, beside DNS that never ended. What stands in the way, such as a replacement that hangs, is waited for. */
async function resume(parts: RunParts, dns: DnsService): Promise<RunEnd> {
  const { log, signals } = parts;
  const ending = signals.endAsked.then(() => true);
  let told = '';
  do {
    const releases = await openReleases(parts, false);
    const ended = releases.ok
      ? await new Run(parts, dns, releases.value).untilEnded(undefined)
      : ({ kind: 'failed', reason: releases.fault } as const);
    if (ended.kind !== 'failed') return ended;
    if (ended.reason !== told) {
      const text = `nothing can be decided yet, DNS goes on as it was decided last: ${ended.reason.trimEnd()}`;
      log.error({ event: 'replace' }, text);
    }
    told = ended.reason;
  } while (!(await Promise.race([ending, pause(resumeMs, false)])));
  await dns.close();
  return { kind: 'ended', exitCode: 0 };
}

async function openReleases(
  { machine, log, zoneThreads }: RunParts,
  takesFiles: boolean,
): Promise<Result<Releases, string>> {
  const geo = new GeoFiles(machine.geoDatabases, log);
  await geo.look();
  return Releases.open({ machine, log, geo, zoneThreads, prng: newPrng(), takesFiles });
}

/** Seeded by chance. */
function newPrng(): Prng {
  return createPrng(crypto.getRandomValues(new Uint32Array(1))[0] ?? 0);
}

function complain(text: string): number {
  process.stderr.write(text.endsWith('\n') ? text : `${text}\n`);
  return 1;
}

/** How a run came to its end. */
type RunEnd =
  | { readonly kind: 'ended'; readonly exitCode: number }
  /** A replacement asked for the sockets and did not make it; DNS goes on. */
  | { readonly kind: 'abandoned'; readonly reason: string }
  /** It could not start beside DNS that was open already, and goes on. */
  | { readonly kind: 'failed'; readonly reason: string };

/** One coordinator from its start to its end. */
class Run {
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

  constructor(parts: RunParts, dns: DnsService, releases: Releases) {
    this.#parts = parts;
    this.#dns = dns;
    this.#coordinator = new Coordinator({
      machine: parts.machine,
      log: parts.log,
      prng: newPrng(),
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
    return this.#isResumed ? { kind: 'failed', reason } : { kind: 'ended', exitCode: complain(reason) };
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
