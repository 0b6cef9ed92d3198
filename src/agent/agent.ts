/**
 * The node side put together: what stands on the node, the report, and one push for each coordinator.
 */
import type { Logger } from 'pino';
import { present } from '#base/assert.ts';
import { createHaproxyMonitor } from '#edge/haproxy/monitor.ts';
import type { HaproxyTransition } from '#edge/haproxy/monitor.ts';
import { createKeepalivedMonitor } from '#edge/keepalived/monitor.ts';
import type { KeepalivedEvent } from '#edge/keepalived/monitor.ts';
import type { Report } from '#health/report.ts';
import { createReportPush } from '#replication/report-push.ts';
import { createReportComposer } from './composer.ts';
import type { ComposerInput } from './composer.ts';
import type { AgentConfig } from './config.ts';
import { createChangeLog } from './change-log.ts';
import { startRoundTrips } from './round-trips.ts';

/** Tells this run of the agent from others, across reloads of its config. */
export interface AgentIdentity {
  readonly boot: string;
  /** A number larger than all before it. */
  nextSequence(): number;
}

export interface Agent {
  /** Ends at once; coordinators are told nothing, the lease runs out. */
  stop(): Promise<void>;
}

// A report may be lost or late twice before its lease ends.
const leaseIntervals = 3;

/** Starts the agent of a loaded config. */
export function startAgent(config: AgentConfig, identity: AgentIdentity, logger: Logger): Agent {
  const { haproxy, keepalived, latency, intervalMs } = config;
  const composer = createReportComposer({ haproxy: haproxy !== undefined, keepalived: keepalived !== undefined });
  const logChanges = createChangeLog(logger);
  const roundTrips = latency && startRoundTrips(latency, logger);

  const compose = (latencies: Report['latencies']): Report => ({
    site: config.site,
    node: config.node,
    boot: identity.boot,
    sequence: identity.nextSequence(),
    leaseMs: leaseIntervals * intervalMs,
    ...present(composer.body(), 'the state to report'),
    ...(latencies === undefined ? {} : { latencies }),
  });
  const pushes = config.coordinators.map((url) => {
    const news = roundTrips?.news();
    return createReportPush({
      url,
      path: '/v1/reports',
      token: config.token,
      intervalMs,
      compose: () => compose(news?.()),
      onContact: (contact) => {
        if (contact.kind === 'reached') logger.info({ coordinator: url }, `coordinator ${url} takes reports`);
        else logger.warn({ coordinator: url }, `coordinator ${url} takes no reports: ${contact.reason}`);
      },
    });
  });
  const take = (input: ComposerInput): void => {
    const urgent = composer.step(input);
    if (composer.body() === undefined) return;
    logChanges(input);
    for (const push of pushes) push.publish(urgent);
  };

  const monitors = [
    haproxy &&
      createHaproxyMonitor({
        ...haproxy,
        intervalMs,
        onReports: (reports) => take({ kind: 'services', reports }),
        onTransition: (transition) => logHaproxy(logger, transition),
      }),
    keepalived &&
      createKeepalivedMonitor({
        ...keepalived,
        intervalMs: Math.min(intervalMs, addressIntervalMs),
        onReports: (reports) => take({ kind: 'vips', reports }),
        onEvent: (event) => logKeepalived(logger, event, keepalived.fifoPath ?? ''),
      }),
  ];
  // A node with neither still says that it lives.
  if (haproxy === undefined && keepalived === undefined) for (const push of pushes) push.publish(true);

  return {
    stop: async () => {
      for (const monitor of [...monitors, roundTrips]) monitor?.close();
      await Promise.all(pushes.map((push) => push.close()));
    },
  };
}

// A VIP that moves without a word from keepalived is seen this soon; a look costs well under a millisecond.
const addressIntervalMs = 250;

function logHaproxy(logger: Logger, transition: HaproxyTransition): void {
  if (transition.kind === 'silent') logger.warn(`HAProxy does not answer: ${transition.reason}`);
  else logger.info({ pid: transition.pid }, `HAProxy ${transition.version} answers, pid ${transition.pid}`);
}

function logKeepalived(logger: Logger, event: KeepalivedEvent, fifo: string): void {
  if (event.kind === 'fifoOpen') logger.info(`reading keepalived's notices from ${fifo}`);
  else if (event.kind === 'fifoLost') logger.warn(`no notices from keepalived: ${fifo}: ${event.reason}; trying again`);
  else logger.info(`keepalived: ${event.notice.instance} is ${event.notice.state}, priority ${event.notice.priority}`);
}
