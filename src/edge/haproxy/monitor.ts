/**
 * Watches one HAProxy over its stats socket: asks, steps the tracker, tells the reports. One timer, one question at a
 * time, sooner again while HAProxy is silent.
 */
import { monotonicMs } from '#base/clock.ts';
import { refuse } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import type { ServiceReport } from '#health/report.ts';
import type { ServiceMapping } from './judge.ts';
import { parseSample, sampleCommand } from './sample.ts';
import type { HaproxySample } from './sample.ts';
import { askHaproxy } from './socket.ts';
import { createHaproxyTracker } from './tracker.ts';
import type { HaproxyInput } from './tracker.ts';

export interface HaproxyMonitorOptions {
  readonly socketPath: string;
  readonly services: readonly ServiceMapping[];
  readonly intervalMs: number;
  /** See `HaproxyTrackerOptions`. */
  readonly reloadHoldMs: number;
  readonly restartGraceMs: number;
  /** Full state, after each answer and each silence. */
  readonly onReports: (reports: readonly ServiceReport[]) => void;
  /** Once when HAProxy stops answering, with the reason, and once when it answers again. */
  readonly onTransition?: (transition: HaproxyTransition) => void;
}

export type HaproxyTransition =
  | { readonly kind: 'answers'; readonly version: string; readonly pid: number }
  | { readonly kind: 'silent'; readonly reason: string };

export interface HaproxyMonitor {
  /** Ends at once, cutting a running question short; nothing is told afterwards. */
  close(): void;
}

const questionTimeoutMs = 2000;
const silentRetryMs = 250;

/** Starts to watch at once. */
export function createHaproxyMonitor(options: HaproxyMonitorOptions): HaproxyMonitor {
  const tracker = createHaproxyTracker(options);
  const closing = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let deadlineTimer: NodeJS.Timeout | undefined;
  let answeringPid: number | undefined;
  let wasAsked = false;

  const tell = (input: HaproxyInput): void => {
    options.onReports(tracker.step(input, monotonicMs()));
    clearTimeout(deadlineTimer);
    const deadline = tracker.nextDeadlineMs();
    if (deadline === undefined) return;
    deadlineTimer = setTimeout(() => tell({ kind: 'tick' }), Math.max(1, Math.ceil(deadline - monotonicMs())));
  };

  const tellTransition = (answer: Result<HaproxySample, string>): void => {
    const pid = answer.ok ? answer.value.info.pid : undefined;
    if (wasAsked && pid === answeringPid) return;
    wasAsked = true;
    answeringPid = pid;
    if (answer.ok) options.onTransition?.({ kind: 'answers', version: answer.value.info.version, pid: pid ?? 0 });
    else options.onTransition?.({ kind: 'silent', reason: answer.fault });
  };

  const turn = async (): Promise<void> => {
    const askedAt = monotonicMs();
    const answer = await sampleHaproxy(options.socketPath, closing.signal);
    if (closing.signal.aborted) return;
    tellTransition(answer);
    tell(answer.ok ? { kind: 'sample', sample: answer.value } : { kind: 'silence', reason: answer.fault });
    const waitMs = answer.ok ? options.intervalMs : Math.min(silentRetryMs, options.intervalMs);
    timer = setTimeout(() => void turn(), Math.max(0, waitMs - (monotonicMs() - askedAt)));
  };

  void turn();
  return {
    close: () => {
      closing.abort();
      clearTimeout(timer);
      clearTimeout(deadlineTimer);
    },
  };
}

/** One look at the HAProxy behind a stats socket; the fault is for people. */
async function sampleHaproxy(socketPath: string, signal?: AbortSignal): Promise<Result<HaproxySample, string>> {
  const answer = await askHaproxy({
    path: socketPath,
    command: sampleCommand,
    timeoutMs: questionTimeoutMs,
    ...(signal === undefined ? {} : { signal }),
  });
  return answer.ok ? parseSample(answer.value) : refuse(answer.fault.message);
}
