/**
 * The DNS server of a coordinator: gives its threads what they answer with, and keeps that up to date.
 *
 * Generations reach the threads whole; cookie secrets change by time or by SIGHUP. Nothing is answered before `open`.
 */
import { getRandomValues, randomBytes } from 'node:crypto';
import { assert, present } from '#base/assert.ts';
import { unixMs } from '#base/clock.ts';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { readCookieSecrets } from '#config/dns-options.ts';
import type { DnsConfig } from '#config/dns-options.ts';
import type { Logger } from '#config/log.ts';
import { answerCounterBytes, answerCounters, sumCounts } from '#dns/answer/counters.ts';
import { RateLimiter } from '#dns/answer/rate-limiter.ts';
import { typeName } from '#dns/wire/constants.ts';
import { formatName } from '#dns/wire/name.ts';
import type { RoundTrip } from '#health/latency/averages.ts';
import { emptyLatencyTable } from '#health/latency/table.ts';
import type { HealthTarget } from '#lua/health.ts';
import type {
  AnswerSettings,
  AnswerSetup,
  AnswerTold,
  AnswerUpdate,
  SharedGeneration,
  SharedRateLimit,
} from '#serve/answering.ts';
import { collectGarbage } from '#serve/collect-garbage.ts';
import { deriveCookieSecrets, nextCookieSecretsAt } from '#serve/cookie-secrets.ts';
import { listenDns } from '#serve/dns-server.ts';
import type { DnsServer, DnsServerEvent } from '#serve/dns-server.ts';
import type { ListenAddress } from '#serve/listen-fault.ts';
import type { ServerSockets } from '#serve/server-sockets.ts';

/** How long one period's cookie secret signs. */
const cookiePeriodSeconds = 86_400;
/** Prefixes that the rate limit counts at once. */
const limitedPrefixes = 1 << 19;
/** Images beyond this are freed when they are replaced; smaller ones wait for the next collection. */
const largeImageBytes = 16 << 20;
/** How long after a replacement the image before is held by nobody. */
const collectAfterMs = 1000;
/** The longest delay that a timer takes. */
const longestTimerMs = 2 ** 31 - 1;

/** The DNS server of one process. */
export class DnsService {
  readonly #config: DnsConfig;
  readonly #log: Logger;
  readonly #rateLimit: SharedRateLimit | undefined;
  /** Secrets for cookies that no file and no shared master gives. */
  readonly #ownSecret = new Uint8Array(randomBytes(16));
  /** The counters of each thread, by its name: they outlive the thread. */
  readonly #counters = new Map<string, SharedArrayBuffer>();
  readonly #inherited: ServerSockets | undefined;
  #cookieSecrets: readonly Uint8Array[];
  #secretTimer: NodeJS.Timeout | undefined;
  #collectionTimer: NodeJS.Timeout | undefined;
  #generation: SharedGeneration | undefined;
  #server: DnsServer<AnswerUpdate> | undefined;
  #onTargetWanted: (target: HealthTarget) => void = () => undefined;
  #onRoundTrips: (roundTrips: readonly RoundTrip[]) => void = () => undefined;
  #latency = emptyLatencyTable();

  /** `inherited` are the sockets of the process that this one replaces. */
  constructor(config: DnsConfig, log: Logger, inherited?: ServerSockets) {
    this.#config = config;
    this.#inherited = inherited;
    this.#log = log;
    this.#rateLimit = sharedRateLimit(config);
    this.#cookieSecrets = this.#secrets() ?? [];
  }

  /**
   * Opens every socket that is not open or inherited yet, and answers from the generation that was given last; the fault
   * is a line for each address.
   */
  async open(): Promise<Result<void, readonly string[]>> {
    if (this.#server !== undefined) return succeed(undefined);
    assert(this.#generation !== undefined, 'there is something to answer with');
    const inherited = this.#inherited;
    const { listen, threads, joinReplies, tcp } = this.#config;
    const opened = await listenDns<AnswerSetup, AnswerUpdate, AnswerTold>({
      listen,
      module: { url: new URL('../serve/answering.ts', import.meta.url) },
      setup: (thread) => this.#setup(thread),
      sockets: { threads, joinReplies },
      limits: tcp,
      onEvent: (event) => this.#tell(event),
      onTold: (told) => this.#hear(told),
      onRoundTrips: (roundTrips) => this.#onRoundTrips(roundTrips),
      ...(inherited === undefined ? {} : { inherited }),
    });
    if (!opened.ok) return refuse(opened.fault.map((fault) => fault.message));
    this.#server = opened.value;
    this.#armSecrets();
    return succeed(undefined);
  }

  /** Answers every later query from this generation. */
  swap(generation: SharedGeneration): void {
    this.#generation = generation;
    this.#server?.update({ kind: 'generation', generation });
    if (generation.buffer.byteLength > largeImageBytes) this.#armCollection();
  }

  /** Answers every later query by this table of round trips (health/latency/table.ts). */
  replaceLatency(latency: SharedArrayBuffer): void {
    this.#latency = latency;
    this.#server?.update({ kind: 'latency', latency });
  }

  /** The table of round trips that is answered by. */
  get latency(): SharedArrayBuffer {
    return this.#latency;
  }

  /** Who hears of the round trips to clients that connect by TCP. */
  onRoundTrips(listener: (roundTrips: readonly RoundTrip[]) => void): void {
    this.#onRoundTrips = listener;
  }

  /** Who hears of checks that records want beside those that are known from their code. */
  onTargetWanted(listener: (target: HealthTarget) => void): void {
    this.#onTargetWanted = listener;
  }

  /** Reads the file of cookie secrets again; what it held stays where it cannot be read. */
  reloadSecrets(): void {
    const secrets = this.#secrets();
    if (secrets === undefined) return;
    this.#cookieSecrets = secrets;
    this.#server?.update({ kind: 'settings', settings: this.#settings() });
  }

  /** The addresses that are bound; none before `open`. */
  get bound(): readonly ListenAddress[] {
    return this.#server?.bound ?? [];
  }

  /** The sockets for the process that replaces this one. */
  get sockets(): ServerSockets | undefined {
    return this.#server?.sockets;
  }

  /** All counts of all threads, by name. */
  counts(): Readonly<Record<string, number>> {
    const answered = [...this.#counters.values()].flatMap((buffer) => {
      const { udp, tcp } = answerCounters(buffer);
      return [udp.read(), tcp.read()];
    });
    return sumCounts([...answered, this.#server?.counters() ?? {}]);
  }

  /** Answers what has arrived and closes; connections may go on for `drainMs` where it is given. */
  async close(drainMs?: number): Promise<void> {
    clearTimeout(this.#secretTimer);
    clearTimeout(this.#collectionTimer);
    await (drainMs === undefined ? this.#server?.close() : this.#server?.drain(drainMs));
  }

  #setup(thread: string): AnswerSetup {
    const counters = this.#counters.get(thread) ?? new SharedArrayBuffer(answerCounterBytes);
    this.#counters.set(thread, counters);
    return {
      generation: present(this.#generation, 'the generation to answer from'),
      settings: this.#settings(),
      latency: this.#latency,
      counters,
      countersAt: 0,
      seed: getRandomValues(new Uint32Array(1))[0] ?? 0,
    };
  }

  #settings(): AnswerSettings {
    const { minimalResponses, rotate, luaStepLimit, nsid, chaos, transferTo } = this.#config;
    return {
      isMinimal: minimalResponses,
      rotates: rotate,
      luaStepLimit,
      nsid: nsid === undefined ? undefined : new TextEncoder().encode(nsid),
      chaos,
      cookieSecrets: this.#cookieSecrets,
      rateLimit: this.#rateLimit,
      transferTo,
    };
  }

  /** The secrets in force now; undefined, once logged, where their file cannot be read. */
  #secrets(): readonly Uint8Array[] | undefined {
    const { cookies } = this.#config;
    switch (cookies.kind) {
      case 'none':
        return [];
      case 'random':
        return [this.#ownSecret];
      case 'master':
        return deriveCookieSecrets(cookies.master, unixMs() / 1000, cookiePeriodSeconds);
      case 'file': {
        const read = readCookieSecrets(cookies.path);
        if (read.ok) return read.value;
        this.#log.error({ event: 'dns.cookies' }, `${read.fault}; the secrets in force stay`);
        return undefined;
      }
    }
  }

  /** Once the generation before is held by nobody: V8 does not take large shared memory for a reason to look. */
  #armCollection(): void {
    clearTimeout(this.#collectionTimer);
    this.#collectionTimer = setTimeout(collectGarbage, collectAfterMs);
    this.#collectionTimer.unref();
  }

  /** Secrets that are computed from the time change with it. */
  #armSecrets(): void {
    if (this.#config.cookies.kind !== 'master') return;
    const now = unixMs() / 1000;
    const waitMs = (nextCookieSecretsAt(now, cookiePeriodSeconds) - now) * 1000;
    this.#secretTimer = setTimeout(
      () => {
        this.reloadSecrets();
        this.#armSecrets();
      },
      Math.min(waitMs + 1, longestTimerMs),
    );
    this.#secretTimer.unref();
  }

  #hear(told: AnswerTold): void {
    if (told.kind === 'targetWanted') {
      this.#onTargetWanted(told.target);
      return;
    }
    const { source, reason } = told;
    const { file, line } = source.position;
    const record = `${formatName(source.owner)} LUA ${typeName(source.type)}`;
    this.#log.error({ event: 'dns.record' }, `${file}:${line}: ${record} failed and is answered SERVFAIL: ${reason}`);
  }

  #tell(event: DnsServerEvent): void {
    if (event.kind === 'withoutBatches') {
      const text = `UDP is served one datagram at a time, which costs twice the CPU: ${event.reason}`;
      this.#log.warn({ event: 'dns.slow' }, text);
    } else {
      this.#log.error({ event: 'dns.thread' }, `a thread that answers DNS failed and is replaced: ${event.error}`);
    }
  }
}

function sharedRateLimit({ rateLimit }: DnsConfig): SharedRateLimit | undefined {
  if (rateLimit === undefined) return undefined;
  const buffer = new SharedArrayBuffer(RateLimiter.bufferBytes(limitedPrefixes));
  return { ...rateLimit, buffer, key: new Uint8Array(randomBytes(16)) };
}
