/**
 * What a thread answers with, and how it is told of something new: everything here can be posted to a worker.
 *
 * Zones and the decision lie in shared memory; records that follow health are compiled in each thread, and read the
 * decision's slots by the numbers that their targets have in every thread.
 */
import { writeSync } from 'node:fs';
import { createPrng } from '#base/prng.ts';
import type { Prng } from '#base/prng.ts';
import { answerCounters } from '#dns/answer/counters.ts';
import { createAnswerer } from '#dns/answer/answerer.ts';
import type { AnswerClient } from '#dns/answer/answerer.ts';
import { headerBytes, rcode } from '#dns/wire/constants.ts';
import { CookieJar } from '#dns/answer/cookies.ts';
import type { ChaosTexts } from '#dns/answer/chaos.ts';
import { createGeneration } from '#dns/answer/generation.ts';
import type { Generation } from '#dns/answer/generation.ts';
import { RateLimiter } from '#dns/answer/rate-limiter.ts';
import type { RateLimit } from '#dns/answer/rate-limiter.ts';
import { StaticRecords } from '#dns/answer/static-records.ts';
import { createTransfers } from '#dns/answer/transfer.ts';
import type { IpPrefix } from '#base/ip.ts';
import { geoSourceOf } from '#geo/tables.ts';
import type { GeoTables } from '#geo/tables.ts';
import { emptyLatencyTable, LatencyTable } from '#health/latency/table.ts';
import type { DynamicSource } from '#dns/zone/dynamic.ts';
import { ZoneImage } from '#dns/zone/image.ts';
import type { BuiltImage } from '#dns/zone/image-builder.ts';
import { createLuaCompiler } from '#lua/compiler.ts';
import { targetKey } from '#lua/health.ts';
import type { HealthReading, HealthSource, HealthTarget } from '#lua/health.ts';
import { decodeSlot, slotFlagCount, SteeringTable, weightOf } from '#steering/table.ts';
import type { ServicePolicy } from '#steering/policy/model.ts';
import { steerSourceOf } from '#steering/policy/source.ts';
import type { ThreadAnswerer } from './thread-answerer.ts';

/** One generation as threads share it. */
export interface SharedGeneration extends BuiltImage {
  /** The steering table's buffer. */
  readonly steering: SharedArrayBuffer;
  /** The slot of each target, by `targetKey`, and of what services read of endpoints (steering/policy/model.ts). */
  readonly slots: ReadonlyMap<string, number>;
  /** The services that records may steer by. */
  readonly services: readonly ServicePolicy[];
  /** What records ask of places. */
  readonly geo: GeoTables;
}

/** How replies look and who gets them, beside what the zones say. */
export interface AnswerSettings {
  readonly isMinimal: boolean;
  readonly rotates: boolean;
  /** Steps that the code of a record may take for one answer. */
  readonly luaStepLimit: number;
  readonly nsid: Uint8Array | undefined;
  readonly chaos: ChaosTexts;
  /** The first signs cookies, all verify them; none answers without cookies. */
  readonly cookieSecrets: readonly Uint8Array[];
  readonly rateLimit: SharedRateLimit | undefined;
  /** Who may transfer zones. */
  readonly transferTo: readonly IpPrefix[];
}

/** A rate limit whose state all threads share. */
export interface SharedRateLimit extends RateLimit {
  readonly buffer: SharedArrayBuffer;
  readonly key: Uint8Array;
}

/** Everything that a thread needs to answer. */
export interface AnswerSetup {
  readonly generation: SharedGeneration;
  readonly settings: AnswerSettings;
  /** The table of round trips (health/latency/table.ts); nothing is measured where absent. */
  readonly latency?: SharedArrayBuffer;
  /** Where this thread counts, `answerCounterBytes` octets from `countersAt`. */
  readonly counters: SharedArrayBuffer;
  readonly countersAt: number;
  /** Seeds the choices of this thread. */
  readonly seed: number;
}

/** What changes while a thread answers. */
export type AnswerUpdate =
  | { readonly kind: 'generation'; readonly generation: SharedGeneration }
  | { readonly kind: 'settings'; readonly settings: AnswerSettings }
  /** A newer table of round trips. */
  | { readonly kind: 'latency'; readonly latency: SharedArrayBuffer };

/** What a serving thread tells of records that follow health. */
export type AnswerTold =
  /** A record's code failed as it ran; told at most every ten seconds for each record. */
  | { readonly kind: 'recordFailed'; readonly source: DynamicSource; readonly reason: string }
  /** A record asks for a check that no constant in its code named. */
  | { readonly kind: 'targetWanted'; readonly target: HealthTarget };

/** Builds the answering side of this thread. */
export function createThreadAnswerer(
  setup: AnswerSetup,
  tell: (told: AnswerTold) => void,
): ThreadAnswerer<AnswerUpdate> {
  const counters = answerCounters(setup.counters, setup.countersAt);
  const prng = createPrng(setup.seed);
  const build = (generation: Generation, settings: AnswerSettings): ReturnType<typeof createAnswerer> =>
    createAnswerer(generation, { ...optionsOf(settings), counters });
  const latency = new LatencyTable(setup.latency ?? emptyLatencyTable());
  let settings = setup.settings;
  const open = (generation: SharedGeneration): Generation =>
    openGeneration(generation, { prng, latency, tell, stepLimit: settings.luaStepLimit });
  let answerer = build(open(setup.generation), settings);
  let transfers = createTransfers(settings.transferTo);
  const failures = new Failures();
  return {
    answer: (query, length, client, out) => {
      try {
        return answerer.answer(query, length, client, out);
      } catch (error) {
        return failures.reply(error, query, out, client.unixMs);
      }
    },
    apply: (update) => {
      switch (update.kind) {
        case 'generation':
          answerer.swap(open(update.generation));
          return;
        case 'latency':
          latency.replace(update.latency);
          return;
        case 'settings':
          ({ settings } = update);
          answerer = build(answerer.generation, settings);
          transfers = createTransfers(settings.transferTo);
      }
    },
    transfer: (query, length, client) => {
      const messages = transfers(answerer.generation, query, length, client);
      return messages === undefined ? undefined : failures.guard(messages, client);
    },
  };
}

/** What a generation is opened with in a thread. */
export interface OpeningOptions {
  readonly prng: Prng;
  /** Read by policies for as long as the generation is used; its owner replaces what is in it. */
  readonly latency: LatencyTable;
  readonly tell: (told: AnswerTold) => void;
  /** Steps that the code of a record may take for one answer. */
  readonly stepLimit: number;
}

/** Opens a shared generation in this thread: its programs are compiled here, and read the decision from the table. */
export function openGeneration(shared: SharedGeneration, options: OpeningOptions): Generation {
  const { prng, latency, tell, stepLimit } = options;
  const table = new SteeringTable(shared.steering);
  const want = (target: HealthTarget): void => tell({ kind: 'targetWanted', target });
  const geo = geoSourceOf(shared.geo);
  const steer = steerSourceOf({ services: shared.services, table, slots: shared.slots, geo, prng, latency });
  const records = new StaticRecords(new ZoneImage(shared.buffer));
  const health = readSlots(table, shared.slots, want);
  const compile = createLuaCompiler({ health, geo, steer, records, prng, stepLimit });
  return createGeneration(shared, { compile, sequence: () => table.sequence(), onFailure: failureTeller(tell) });
}

/** How often a failure is told at most. */
const tellEveryMs = 10_000;

/** Tells of records that fail, each at most every ten seconds. */
function failureTeller(tell: (told: AnswerTold) => void): (source: DynamicSource, reason: string) => void {
  const toldAtMs = new WeakMap<DynamicSource, number>();
  return (source, reason) => {
    const nowMs = Date.now();
    if (Math.abs(nowMs - (toldAtMs.get(source) ?? 0)) < tellEveryMs) return;
    toldAtMs.set(source, nowMs);
    tell({ kind: 'recordFailed', source, reason });
  };
}

/** A bug met by one query costs that query alone: it gets SERVFAIL, and a person is told. */
class Failures {
  #toldAtMs = 0;

  /** Writes a header that says SERVFAIL; returns its length. */
  reply(error: unknown, query: Uint8Array, out: Uint8Array, nowMs: number): number {
    this.#tell(error, nowMs);
    out.fill(0, 0, headerBytes);
    out[0] = query[0] ?? 0;
    out[1] = query[1] ?? 0;
    out[2] = 0x80 | ((query[2] ?? 0) & 0x79);
    out[3] = rcode.servFail;
    return headerBytes;
  }

  /** Ends a transfer that fails. */
  guard(messages: Iterator<Uint8Array>, { unixMs }: AnswerClient): Iterator<Uint8Array> {
    return {
      next: () => {
        try {
          return messages.next();
        } catch (error) {
          this.#tell(error, unixMs);
          messages.return?.();
          return { done: true, value: undefined };
        }
      },
      return: () => messages.return?.() ?? { done: true, value: undefined },
    };
  }

  /** Written at once: this thread may get no turn of an event loop. */
  #tell(error: unknown, nowMs: number): void {
    if (Math.abs(nowMs - this.#toldAtMs) < tellEveryMs) return;
    this.#toldAtMs = nowMs;
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    try {
      writeSync(2, `fairlead: answering a query failed, it got SERVFAIL: ${why}\n`);
    } catch {
      // Nobody reads stderr; answering goes on.
    }
  }
}

function optionsOf(settings: AnswerSettings): Parameters<typeof createAnswerer>[1] {
  const { isMinimal, rotates, nsid, chaos, cookieSecrets, rateLimit } = settings;
  return {
    isMinimal,
    rotates,
    chaos,
    ...(nsid === undefined ? {} : { nsid }),
    ...(cookieSecrets.length === 0 ? {} : { cookies: new CookieJar(cookieSecrets) }),
    ...(rateLimit === undefined ? {} : { limiter: new RateLimiter(rateLimit.buffer, rateLimit, rateLimit.key) }),
  };
}

/** What each word of a slot means to a record: made once, so that reading makes nothing. */
const readings: readonly HealthReading[] = Array.from({ length: slotFlagCount }, (_, word) => {
  const { answerable, changePending, unproven, withheld, frozen, failOpen } = decodeSlot(word);
  const state = !answerable ? 'down' : unproven ? 'unknown' : 'up';
  const note = frozen ? 'frozen' : failOpen ? 'failOpen' : undefined;
  return { state, changePending, ...(answerable ? {} : { withheld }), ...(note === undefined ? {} : { note }) };
});
const neverChecked: HealthReading = { state: 'unknown', changePending: true };

/** Health as the steering table has it, for the records of this thread. */
export function readSlots(
  table: SteeringTable,
  slots: ReadonlyMap<string, number>,
  want: (target: HealthTarget) => void = () => undefined,
): HealthSource {
  return {
    register: (target) => {
      const slot = slots.get(targetKey(target));
      if (slot === undefined) {
        want(target);
        return { read: () => neverChecked, weight: () => 0 };
      }
      return {
        read: () => readings[table.word(slot) & (slotFlagCount - 1)] ?? neverChecked,
        weight: () => weightOf(table.word(slot)),
      };
    },
  };
}
