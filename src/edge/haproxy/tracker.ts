/**
 * Follows one HAProxy through reloads, restarts and silence (R7): a pure engine between samples and reports.
 *
 * A new process shows its servers as up before it has checked them, so until it has, each service keeps its last
 * report, marked `holding`, for `reloadHoldMs` at most. A socket without an answer is held for `restartGraceMs`, then
 * it is down. Otherwise a sample's verdict goes out as it is, down at once.
 */
import { after } from '#base/time.ts';
import type { MonoMs } from '#base/time.ts';
import type { ServiceReport } from '#health/report.ts';
import { judge } from './judge.ts';
import type { ServiceMapping } from './judge.ts';
import type { HaproxySample, ProcessInfo } from './sample.ts';

export type HaproxyInput =
  | { readonly kind: 'sample'; readonly sample: HaproxySample }
  /** No answer, or one that is none; the reason is for people. */
  | { readonly kind: 'silence'; readonly reason: string }
  /** Nothing new but the time. */
  | { readonly kind: 'tick' };

export interface HaproxyTrackerOptions {
  readonly services: readonly ServiceMapping[];
  /** Longest wait for the first checks of a new process: its largest inter × fall, and a second. */
  readonly reloadHoldMs: number;
  /** How long a restart may leave the socket without an answer. */
  readonly restartGraceMs: number;
}

/** The engine; `step` returns the full state after the input, one report a service, in the order of the options. */
export interface HaproxyTracker {
  step(input: HaproxyInput, nowMs: MonoMs): readonly ServiceReport[];
  /** When a `tick` would change a report. */
  nextDeadlineMs(): MonoMs | undefined;
}

// Processes that follow each other faster than a hold are held as one chain, this many holds long.
const maxHoldsInARow = 3;

interface Tracked {
  readonly mapping: ServiceMapping;
  /** The last report that was not held; undefined before any. */
  last: ServiceReport | undefined;
  current: ServiceReport;
  /** Waits for the process to have checked the service's servers. */
  isHeld: boolean;
}

interface RunningProcess {
  readonly info: ProcessInfo;
  /** When it was first seen, or when it started where it was there before the tracker. */
  readonly seenAt: MonoMs;
  /** When the first of a chain of short-lived processes was seen. */
  readonly chainAt: MonoMs;
  readonly holdUntil: MonoMs;
}

interface Silence {
  /** Since the last sample of a process that had checked its servers: a crash loop is one silence. */
  readonly since: MonoMs;
  /** Undefined while a process answers again. */
  readonly reason: string | undefined;
}

/** Builds a tracker; before its first input every service is unknown. */
export function createHaproxyTracker(options: HaproxyTrackerOptions): HaproxyTracker {
  const tracked = options.services.map((mapping): Tracked => {
    return { mapping, last: undefined, current: unheard(mapping, 'HAProxy was not asked yet'), isHeld: false };
  });
  let running: RunningProcess | undefined;
  let silence: Silence | undefined;

  const takeSample = (sample: HaproxySample, nowMs: MonoMs): void => {
    if (!isSameProcess(running?.info, sample.info)) {
      running = enterProcess({ before: running, info: sample.info, nowMs, holdMs: options.reloadHoldMs });
      for (const service of tracked) service.isHeld = true;
    }
    const isHoldOver = running === undefined || nowMs >= running.holdUntil;
    for (const service of tracked) {
      const { report, isSettled } = judge(sample, service.mapping);
      if (isSettled || isHoldOver) service.isHeld = false;
      if (service.isHeld)
        service.current = hold(service, 'HAProxy has just started and has not checked its servers yet');
      else service.current = service.last = report;
    }
    const isSettled = tracked.every((service) => !service.isHeld);
    silence = silence === undefined || isSettled ? undefined : { since: silence.since, reason: undefined };
  };

  const takeSilence = (reason: string, nowMs: MonoMs): void => {
    silence = { since: silence?.since ?? nowMs, reason };
    const isOver = nowMs >= after(silence.since, options.restartGraceMs);
    for (const service of tracked) {
      if (isOver) service.current = service.last = dead(service, reason);
      else service.current = hold(service, `HAProxy does not answer: ${reason}`);
    }
  };

  return {
    step: (input, nowMs) => {
      // An old process that still answers while it stops says nothing about the new one.
      if (input.kind === 'sample' && input.sample.info.isStopping) takeSilence('it is stopping', nowMs);
      else if (input.kind === 'sample') takeSample(input.sample, nowMs);
      else if (input.kind === 'silence') takeSilence(input.reason, nowMs);
      else if (silence?.reason !== undefined) takeSilence(silence.reason, nowMs);
      return tracked.map((service) => service.current);
    },
    nextDeadlineMs: () => {
      const isHolding = tracked.some(({ current }) => current.holding !== undefined);
      return silence?.reason !== undefined && isHolding ? after(silence.since, options.restartGraceMs) : undefined;
    },
  };
}

interface ProcessChange {
  readonly before: RunningProcess | undefined;
  readonly info: ProcessInfo;
  readonly nowMs: MonoMs;
  readonly holdMs: number;
}

function enterProcess({ before, info, nowMs, holdMs }: ProcessChange): RunningProcess {
  if (before === undefined) {
    // The first process that this tracker meets may have been checking its servers for long.
    const startedAt = after(nowMs, -info.uptimeSeconds * 1000);
    return { info, seenAt: startedAt, chainAt: startedAt, holdUntil: after(startedAt, holdMs) };
  }
  const chainAt = nowMs < after(before.seenAt, holdMs) ? before.chainAt : nowMs;
  const holdUntil = Math.min(after(nowMs, holdMs), after(chainAt, maxHoldsInARow * holdMs)) as MonoMs;
  return { info, seenAt: nowMs, chainAt, holdUntil };
}

function isSameProcess(before: ProcessInfo | undefined, now: ProcessInfo): boolean {
  return before?.pid === now.pid && before.startTimeSeconds === now.startTimeSeconds;
}

function hold(service: Tracked, holding: string): ServiceReport {
  return { ...(service.last ?? unheard(service.mapping, holding)), holding: holding.slice(0, maxTextLength) };
}

function dead({ mapping, current }: Tracked, reason: string): ServiceReport {
  return {
    service: mapping.service,
    state: 'down',
    reason: `HAProxy does not answer: ${reason}`.slice(0, maxTextLength),
    usableServers: 0,
    totalServers: current.totalServers,
    capacity: 0,
  };
}

function unheard({ service }: ServiceMapping, reason: string): ServiceReport {
  const text = reason.slice(0, maxTextLength);
  return { service, state: 'unknown', reason: text, usableServers: 0, totalServers: 0, capacity: 0 };
}

const maxTextLength = 500;
