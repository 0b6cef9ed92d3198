/**
 * The node side put together: what stands on the node, the report, and one push for each coordinator.
 */
import type { Logger } from 'pino';
import type { z } from 'zod';
import type { AgentStatus } from '#api/agent.ts';
import { present } from '#base/assert.ts';
import { unixMs } from '#base/clock.ts';
import { reportAnswerSchema } from '#border/instruction.ts';
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
import type { NodeBgp } from './node-bgp.ts';
import { startRoundTrips } from './round-trips.ts';

/** Tells this run of the agent from others, across reloads of its config. */
export interface AgentIdentity {
  readonly boot: string;
  /** A number larger than all before it. */
  nextSequence(): number;
}

export interface Agent {
  /** Its contact with each coordinator, and what it reports. */
  describe(): Pick<AgentStatus, 'coordinators' | 'report'>;
  /** What the node says of BGP has changed: coordinators should hear it at once. */
  hurry(): void;
  /** Ends at once; coordinators are told nothing, the lease runs out. */
  stop(): Promise<void>;
}

// A report may be lost or late twice before its lease ends.
const leaseIntervals = 3;

/** Starts the agent of a loaded config; `bgp` is the node's BGP side, which outlives it, where the node speaks. */
export function startAgent(
  config: AgentConfig,
  identity: AgentIdentity,
  logger: Logger,
  bgp?: Pick<NodeBgp, 'take' | 'takeLeave' | 'takeServices' | 'report'>,
): Agent {
  const { haproxy, keepalived, latency, intervalMs } = config;
  const composer = createReportComposer({ haproxy: haproxy !== undefined, keepalived: keepalived !== undefined });
  const logChanges = createChangeLog(logger);
  const roundTrips = latency && startRoundTrips(latency, logger);

  const compose = (latencies: Report['latencies']): Report & { readonly bgp?: NodeBgp['report'] } => ({
    site: config.site,
    node: config.node,
    boot: identity.boot,
    sequence: identity.nextSequence(),
    leaseMs: leaseIntervals * intervalMs,
    ...present(composer.body(), 'the state to report'),
    ...(latencies === undefined ? {} : { latencies }),
    ...(bgp?.report === undefined ? {} : { bgp: bgp.report }),
  });
  const contacts = new Map<string, AgentStatus['coordinators'][number]>();
  const note = (url: string, state: AgentStatus['coordinators'][number]['state'], reason: string): void =>
    void contacts.set(url, { url, state, reason, sinceUnixMs: unixMs() });
  const takeAnswer = (body: string): void => {
    const answer = answerIn(body);
    if (answer?.bgp !== undefined) bgp?.take(answer.bgp);
    if (answer?.leave !== undefined) bgp?.takeLeave(answer.leave);
  };
  const pushes = config.coordinators.map((url) => {
    const news = roundTrips?.news();
    note(url, 'untried', 'nothing to report yet');
    return createReportPush({
      url,
      path: '/v1/reports',
      token: config.token,
      intervalMs,
      compose: () => compose(news?.()),
      ...(bgp === undefined ? {} : { onAnswer: takeAnswer }),
      onContact: (contact) => {
        if (contact.kind === 'reached') {
          note(url, 'reached', 'takes reports');
          logger.info({ coordinator: url }, `coordinator ${url} takes reports`);
          return;
        }
        note(url, 'lost', contact.reason);
        logger.warn({ coordinator: url }, `coordinator ${url} takes no reports: ${contact.reason}`);
      },
    });
  });
  const take = (input: ComposerInput): void => {
    const urgent = composer.step(input);
    const body = composer.body();
    if (body === undefined) return;
    bgp?.takeServices(body.services);
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
  if (haproxy === undefined && keepalived === undefined) {
    bgp?.takeServices([]);
    for (const push of pushes) push.publish(true);
  }

  return {
    describe: () => {
      const report = composer.body();
      return { coordinators: [...contacts.values()], ...(report === undefined ? {} : { report }) };
    },
    hurry: () => {
      if (composer.body() !== undefined) for (const push of pushes) push.publish(true);
    },
    stop: async () => {
      for (const monitor of [...monitors, roundTrips]) monitor?.close();
      await Promise.all(pushes.map((push) => push.close()));
    },
  };
}

/** What the coordinator of this site says in its answer; the others' answers say nothing. */
function answerIn(body: string): z.infer<typeof reportAnswerSchema> | undefined {
  try {
    return reportAnswerSchema.parse(JSON.parse(body));
  } catch {
    return undefined;
  }
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
