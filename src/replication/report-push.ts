/**
 * The health bus over HTTP, sending side: pushes full-state reports to every coordinator, each on its own.
 *
 * A report is level, not edge: when a target is slow only the newest waits for it, and a lost one is made good by the
 * next. One request is in flight for each target, so a target that hangs delays no other. Losing a target is told
 * once, and is no reason to act (R23).
 */
import { Client } from 'undici';

/** A coordinator to push to. */
export interface PushTarget {
  /** How it is called in logs. */
  readonly name: string;
  /** Its API, such as `http://192.0.2.53:8053`. */
  readonly url: string;
}

/** How a target's connection changed; told once for each change. */
export interface PushTransition {
  readonly target: PushTarget;
  readonly state: 'reached' | 'lost';
  readonly reason: string;
}

export interface ReportPushOptions {
  /** The path of the call, such as `/v1/reports`. */
  readonly path: string;
  readonly token: string | undefined;
  readonly onTransition: (transition: PushTransition) => void;
  /** The longest time for one push, in milliseconds; default 2000. */
  readonly timeoutMs?: number;
}

/** A report bus to several targets. */
export interface ReportPush {
  /** Takes the wanted targets; those that stay keep their connection. */
  replaceTargets(targets: readonly PushTarget[]): void;
  /** Sends the newest report, as JSON, to every target. */
  push(report: unknown): void;
  /** Ends all connections without waiting for what is in flight. */
  close(): Promise<void>;
}

/** Builds a bus without targets. */
export function createReportPush(options: ReportPushOptions): ReportPush {
  let lanes = new Map<string, Lane>();
  return {
    replaceTargets(targets) {
      const wanted = new Map(targets.map((target) => [target.url, target]));
      const leaving = [...lanes].filter(([url]) => !wanted.has(url));
      lanes = new Map([...wanted].map(([url, target]) => [url, lanes.get(url) ?? openLane(target, options)]));
      for (const [, lane] of leaving) void lane.close();
    },
    push(report) {
      const body = JSON.stringify(report);
      for (const lane of lanes.values()) lane.send(body);
    },
    async close() {
      await Promise.all([...lanes.values()].map((lane) => lane.close()));
    },
  };
}

interface Lane {
  send(body: string): void;
  close(): Promise<void>;
}

const defaultTimeoutMs = 2000;

function openLane(target: PushTarget, options: ReportPushOptions): Lane {
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  const client = new Client(target.url, { connect: { timeout: timeoutMs }, pipelining: 1 });
  const headers = {
    'content-type': 'application/json',
    ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
  };
  let state: PushTransition['state'] | undefined;
  let isBusy = false;
  let isClosed = false;
  let waiting: string | undefined;

  const tell = (next: PushTransition['state'], reason: string): void => {
    if (next === state || isClosed) return;
    state = next;
    options.onTransition({ target, state: next, reason });
  };

  const post = async (body: string): Promise<void> => {
    try {
      const signal = AbortSignal.timeout(timeoutMs);
      const response = await client.request({ path: options.path, method: 'POST', headers, body, signal });
      const text = await response.body.text();
      if (response.statusCode < 300) tell('reached', 'the report was taken');
      else tell('lost', `it answered ${response.statusCode}: ${text.slice(0, 200)}`);
    } catch (error) {
      tell('lost', error instanceof Error ? error.message : String(error));
    }
  };

  const send = (body: string): void => {
    waiting = body;
    if (isBusy || isClosed) return;
    isBusy = true;
    void drainWaiting();
  };

  const drainWaiting = async (): Promise<void> => {
    while (waiting !== undefined && !isClosed) {
      const body = waiting;
      waiting = undefined;
      await post(body);
    }
    isBusy = false;
  };

  return {
    send,
    close: async () => {
      isClosed = true;
      await client.destroy();
    },
  };
}
