/**
 * `fairlead coordinator`: reads the config, starts the coordinator, and ends it by signal or by `fairlead stop`.
 *
 * SIGHUP takes the files beside `fairlead.yaml` in as a new release; with an error in them nothing changes. SIGTERM and
 * SIGINT end it as one who will be back (R24). A second one, or five seconds, end it in any case.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { createPrng } from '#base/prng.ts';
import { checkDirectory } from '#config/check-directory.ts';
import { createLogger } from '#config/log.ts';
import type { Logger } from '#config/log.ts';
import { loadMachine, machineFileName } from '#config/machine.ts';
import type { MachineConfig } from '#config/machine.ts';
import { formatProblems } from '#config/problem.ts';
import { Coordinator } from './coordinator.ts';
import type { StopMode } from './coordinator.ts';
import { DnsService } from './dns-service.ts';
import { Releases } from './releases.ts';

/** The longest that an end may take (R24). */
const stopDeadlineMs = 4500;

/** A coordinator that runs until it is asked to end. */
export interface RunningCoordinator {
  readonly machine: MachineConfig;
  readonly dnsAddresses: readonly string[];
}

export interface RunOptions {
  /** Where `fairlead.yaml` lies. */
  readonly directory: string;
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
  const seed = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  const releases = await Releases.open({ machine: machine.value, log, prng: createPrng(seed) });
  if (!releases.ok) {
    process.stderr.write(releases.fault.endsWith('\n') ? releases.fault : `${releases.fault}\n`);
    return 1;
  }
  return runUntilAsked({ ...options, machine: machine.value, log, releases: releases.value });
}

interface RunParts extends RunOptions {
  readonly machine: MachineConfig;
  readonly log: Logger;
  readonly releases: Releases;
}

async function runUntilAsked(parts: RunParts): Promise<number> {
  const { machine, log, releases } = parts;
  const ending = Promise.withResolvers<StopMode>();
  const coordinator = new Coordinator({
    machine,
    log,
    version: packageVersion(),
    releases,
    dns: new DnsService(machine.dns, log),
    onStopRequest: () => {
      ending.resolve({ kind: 'leave', reason: 'fairlead stop' });
    },
  });
  const forgetSignals = listenToSignals(parts, coordinator, ending.resolve);
  const starting = coordinator.start();
  const first = await Promise.race([starting, ending.promise]);
  let exitCode = 0;
  if ('ok' in first && !first.ok) {
    for (const line of first.fault) process.stderr.write(`fairlead: ${line}\n`);
    exitCode = 1;
    ending.resolve({ kind: 'restart' });
  } else if ('ok' in first) {
    parts.onRunning?.({ machine, dnsAddresses: coordinator.dnsAddresses() });
  }
  const mode = await ending.promise;
  if (exitCode === 0) log.info({ event: 'stop' }, mode.kind === 'leave' ? 'stopping, routes first' : 'stopping');
  const deadline = setTimeout(() => {
    log.error({ event: 'stop' }, `not everything ended within ${stopDeadlineMs}ms, exiting all the same`);
    process.exit(exitCode);
  }, stopDeadlineMs);
  await coordinator.stop(mode);
  clearTimeout(deadline);
  forgetSignals();
  return exitCode;
}

/** Listens until the returned function is called. */
function listenToSignals(parts: RunParts, coordinator: Coordinator, end: (mode: StopMode) => void): () => void {
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

async function reload({ machine, log, releases }: RunParts): Promise<void> {
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
