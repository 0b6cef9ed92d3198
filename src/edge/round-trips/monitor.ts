/**
 * Watches the round trips of this node's clients: looks at its connections every interval, and keeps averages by
 * network. One look at a time; where `ss` is missing it says so once and looks no more.
 */
import { monotonicMs } from '#base/clock.ts';
import { LatencyAverages } from '#health/latency/averages.ts';
import { connectionWeight, maxNetworks } from '#health/latency/report.ts';
import type { LatencyEntry } from '#health/latency/report.ts';
import { sampleRoundTrips } from './sample.ts';

export interface RoundTripMonitorOptions {
  /** Local ports of the endpoints. */
  readonly ports: readonly number[];
  readonly intervalMs: number;
  /** After each look that succeeds. */
  readonly onEntries: () => void;
  /** Once, until looks succeed again. */
  readonly onTransition?: (transition: RoundTripTransition) => void;
  /** For tests; `ss` where absent. */
  readonly program?: string;
}

export type RoundTripTransition =
  | { readonly kind: 'measures' }
  /** There is no such program: nothing is measured here. */
  | { readonly kind: 'missing'; readonly reason: string }
  | { readonly kind: 'fails'; readonly reason: string };

export interface RoundTripMonitor {
  /** What is measured now, as a report carries it. */
  entries(): readonly LatencyEntry[];
  /** Ends at once; nothing is told afterwards. */
  close(): void;
}

/** Starts to watch; the first look is at once. */
export function createRoundTripMonitor(options: RoundTripMonitorOptions): RoundTripMonitor {
  const averages = new LatencyAverages({ maxNetworks: maxNetworks.agent, weight: connectionWeight.client });
  const closing = new AbortController();
  const { signal } = closing;
  let timer: NodeJS.Timeout | undefined;
  let told: RoundTripTransition['kind'] | undefined;

  const tell = (transition: RoundTripTransition): void => {
    if (told === transition.kind) return;
    told = transition.kind;
    options.onTransition?.(transition);
  };

  const turn = async (): Promise<void> => {
    const startedAt = monotonicMs();
    const sample = await sampleRoundTrips({ ...options, signal });
    if (signal.aborted) return;
    if (sample.ok) {
      averages.take(sample.value, monotonicMs());
      tell({ kind: 'measures' });
      options.onEntries();
    } else {
      tell({ kind: sample.fault.kind === 'missing' ? 'missing' : 'fails', reason: sample.fault.reason });
      if (sample.fault.kind === 'missing') return;
    }
    timer = setTimeout(() => void turn(), Math.max(0, options.intervalMs - (monotonicMs() - startedAt)));
  };

  void turn();
  return {
    entries: () => averages.entries(monotonicMs()),
    close: () => {
      closing.abort();
      clearTimeout(timer);
    },
  };
}
