/**
 * `fairlead coordinator`: reads the config, starts the coordinator (run.ts), and starts it again where the process that
 * took over from it went away.
 *
 * SIGHUP takes the files beside `fairlead.yaml` in as a new release; with an error in them nothing changes. SIGTERM and
 * SIGINT end it as one who will be back (R24). A second one, or five seconds, end it in any case. With `replace` it takes
 * the DNS sockets of the coordinator that runs here, which answers until this one does (handover.ts of `serve`).
 *
 * What a start does not need at once is loaded later: most of the code while the zones are read by another thread.
 */
import { mkdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { createPrng } from '#base/prng.ts';
import type { Prng } from '#base/prng.ts';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { createLogger } from '#config/log.ts';
import type { Logger } from '#config/log.ts';
import { loadMachine } from '#config/machine.ts';
import type { MachineConfig } from '#config/machine.ts';
import { formatProblems } from '#config/problem.ts';
import { takeOver } from '#serve/handover.ts';
import type { TakenSockets } from '#serve/handover.ts';
import { DnsService } from './dns-service.ts';
import { GeoFiles } from './geo-files.ts';
import { Releases } from './releases.ts';
import type { RunEnd, RunningCoordinator, RunParts } from './run.ts';
import { Signals } from './signals.ts';
import { ZoneThreads } from './zone-thread.ts';

/** How long the coordinator that is replaced may take until only its DNS is left. */
const takeLimitMs = 6000;
/** How long after a failed attempt it is tried again to decide. */
const resumeMs = 1000;

/** What a coordinator is started with. */
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
    const { checkDirectory } = await import('#config/check-directory.ts');
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
    const { zoneThreads = new ZoneThreads(), onRunning } = options;
    const hook = onRunning === undefined ? {} : { onRunning };
    return await runWith({ machine: machine.value, log, signals, zoneThreads, ...hook }, taken.value);
  } finally {
    signals.close();
  }
}

/** The sockets of the coordinator that runs here already, where there is one. */
async function takeSockets(machine: MachineConfig, log: Logger): Promise<Result<TakenSockets | undefined, string>> {
  // The one that runs stops deciding once its sockets are asked for: what would refuse this start must show before, code
  // that is damaged too.
  const [{ checkDirectory, loadBareFollower }] = await Promise.all([
    import('#config/check-directory.ts'),
    import('./run.ts'),
  ]);
  const checked = loadBareFollower(machine.directory) === undefined ? checkDirectory(machine.directory) : undefined;
  if (checked?.ok === false) return refuse(formatProblems(checked.fault.problems, checked.fault.sources));
  const taken = await takeOver(machine.handoverSocket, takeLimitMs);
  if (!taken.ok) return refuse(`fairlead: ${taken.fault}; what ran goes on`);
  const count = taken.value === undefined ? 0 : taken.value.sockets.udp.length + taken.value.sockets.tcp.length;
  const text = count === 0 ? 'no coordinator runs here: nothing to replace' : `${count} sockets taken over`;
  log.info({ event: 'replace' }, text);
  return taken;
}

interface ProcessParts extends RunParts {
  readonly zoneThreads: ZoneThreads;
}

/** Runs, and runs again where a replacement took over and went away; DNS is answered all the while. */
async function runWith(parts: ProcessParts, taken: TakenSockets | undefined): Promise<number> {
  const dns = new DnsService(parts.machine.dns, parts.log, taken?.sockets);
  let ended = await runFirst(parts, dns, taken);
  while (ended.kind !== 'ended') {
    parts.log.error({ event: 'replace' }, `the replacement went away (${ended.reason}): deciding again`);
    ended = await resume(parts, dns);
  }
  return ended.exitCode;
}

async function runFirst(parts: ProcessParts, dns: DnsService, taken: TakenSockets | undefined): Promise<RunEnd> {
  const opening = openReleases(parts, true);
  // Not before the other thread is at work: loading takes this one's time.
  const loading = Promise.race([parts.zoneThreads.begun, opening]).then(() => import('./run.ts'));
  const releases = await Promise.race([opening, parts.signals.endAsked]);
  // Nothing runs yet that would have to end in order.
  if (releases === undefined) process.exit(0);
  if (!releases.ok) {
    taken?.abandon();
    await dns.close();
    return { kind: 'ended', exitCode: complain(releases.fault) };
  }
  const { Run } = await loading;
  const ended = await new Run(parts, { dns, releases: releases.value, prng: newPrng() }).untilEnded(taken);
  return ended.kind === 'failed' ? { kind: 'ended', exitCode: complain(ended.reason) } : ended;
}

/** Decides again, beside DNS that never ended. What stands in the way, such as a replacement that hangs, is waited for. */
async function resume(parts: ProcessParts, dns: DnsService): Promise<RunEnd> {
  const { log, signals } = parts;
  const { Run } = await import('./run.ts');
  const ending = signals.endAsked.then(() => true);
  let told = '';
  do {
    const releases = await openReleases(parts, false);
    const ended = releases.ok
      ? await new Run(parts, { dns, releases: releases.value, prng: newPrng() }).untilEnded(undefined)
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
  { machine, log, zoneThreads }: ProcessParts,
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
