/**
 * When each check runs: a pure engine over the caller's monotonic clock, O(log n) for each run.
 *
 * A new check is due at once; after that it keeps a slot of its own within its interval, so that checks do not fire
 * together. What is due runs as soon as its lane has a place (lane.ts): checks that open sockets, and programs of this
 * machine, do not wait for each other. A check that still runs at its next slot starts again when it ends, never twice
 * at a time. Slots missed by a stalled process are dropped, not caught up (R10). Running checks and arming the timer is
 * prober.ts.
 */
import type { Prng } from '#base/prng.ts';
import { after, earliest } from '#base/time.ts';
import type { MonoMs } from '#base/time.ts';
import type { CheckDefinition, CheckId } from '#health/check-definition.ts';
import { DueHeap } from './due-heap.ts';
import type { Due } from './due-heap.ts';
import { Lane } from './lane.ts';
import type { LaneItem, LaneLimits } from './lane.ts';

/** A check to start now. */
export interface Start {
  readonly check: CheckDefinition;
  /** How much later than its slot it starts, in milliseconds; its own last run, when that was long, does not count. */
  readonly latenessMs: number;
}

/** Decides which checks to start; every method is synchronous and total. */
export interface ProbeSchedule {
  /** Takes the wanted set; checks that are in both sets keep their slot and whether they run. */
  replace(checks: readonly CheckDefinition[], nowMs: MonoMs): void;
  /** The checks to start now; each counts as running until `finished`. */
  takeDue(nowMs: MonoMs): readonly Start[];
  /** Makes a check that waits for its slot due now; one that runs or is due already stays as it is. */
  hurry(id: CheckId, nowMs: MonoMs): void;
  /** Notes the end of a run; false where the check has left the set meanwhile, so that its result counts no more. */
  finished(id: CheckId, nowMs: MonoMs): boolean;
  /** Whether checks are due that have no place yet: the end of a run may then start another. */
  hasWaiting(): boolean;
  /** When `takeDue` has something next, unless a run ends before; undefined when all run or there are none. */
  nextDeadlineMs(): MonoMs | undefined;
  /** Whether every check of the set has had a result. */
  isFirstRoundComplete(): boolean;
}

/** The places of each lane. */
export interface ScheduleLimits {
  readonly network: LaneLimits;
  readonly programs: LaneLimits;
}

/**
 * 256 quick checks at a time: with a round trip of 50 ms these are 5,000 a second. The slow hold a socket each and
 * little more; programs cost a process.
 */
export const defaultLimits: ScheduleLimits = {
  network: { quick: 256, slow: 8192, slowAfterMs: 100 },
  programs: { quick: 16, slow: 128, slowAfterMs: 1000 },
};

interface Entry extends Due, LaneItem {
  readonly check: CheckDefinition;
  readonly lane: Lane<Entry>;
  /** The entry's slot, as a share of the interval from 0 to 1. */
  readonly phase: number;
  state: 'resting' | 'waiting' | 'running' | 'gone';
  /** From when on it could have run: its slot, or the end of a run that lasted longer. */
  readyAt: MonoMs;
  startedAt: MonoMs;
  /** Whether it stands in the heap, so that its slot must not change: a hurried run leaves it there. */
  isInHeap: boolean;
  hasResult: boolean;
}

// Steps by the golden ratio spread any number of points evenly over a circle, whenever they are added.
const goldenStep = 0.618_033_988_749_895;

/** Builds a schedule; the generator chooses where in its interval the first check has its slot. */
export function createProbeSchedule(prng: Prng, limits: ScheduleLimits = defaultLimits): ProbeSchedule {
  return new Schedule(prng, limits);
}

class Schedule implements ProbeSchedule {
  readonly #lanes: { readonly network: Lane<Entry>; readonly programs: Lane<Entry> };
  #entries = new Map<CheckId, Entry>();
  /** Those that rest until their slot; a new heap for each set, since nothing is taken out of the middle. */
  #resting = new DueHeap<Entry>();
  #phase: number;
  #entered = 0;
  #withoutResult = 0;

  constructor(prng: Prng, limits: ScheduleLimits) {
    this.#lanes = { network: new Lane(limits.network), programs: new Lane(limits.programs) };
    this.#phase = prng.next();
  }

  replace(checks: readonly CheckDefinition[], nowMs: MonoMs): void {
    const before = this.#entries;
    this.#entries = new Map();
    for (const check of checks) {
      this.#entries.set(check.id, before.get(check.id) ?? this.#entries.get(check.id) ?? this.#enter(check, nowMs));
    }
    this.#resting = new DueHeap();
    this.#withoutResult = 0;
    for (const entry of this.#entries.values()) {
      entry.isInHeap = false;
      if (entry.state === 'resting') this.#rest(entry);
      if (!entry.hasResult) this.#withoutResult++;
    }
    for (const [id, entry] of before) if (!this.#entries.has(id)) this.#remove(entry, nowMs);
  }

  takeDue(nowMs: MonoMs): readonly Start[] {
    for (let top = this.#resting.top; top !== undefined && top.dueAt <= nowMs; top = this.#resting.top) {
      this.#resting.pop();
      top.isInHeap = false;
      // It may have been hurried meanwhile: then it comes back at the end of that run.
      if (top.state !== 'resting') continue;
      top.state = 'waiting';
      top.lane.enter(top);
    }
    const starts: Start[] = [];
    this.#startFrom(this.#lanes.network, starts, nowMs);
    this.#startFrom(this.#lanes.programs, starts, nowMs);
    return starts;
  }

  hurry(id: CheckId, nowMs: MonoMs): void {
    const entry = this.#entries.get(id);
    if (entry?.state !== 'resting') return;
    entry.state = 'waiting';
    entry.readyAt = nowMs;
    entry.lane.enter(entry);
  }

  finished(id: CheckId, nowMs: MonoMs): boolean {
    const entry = this.#entries.get(id);
    if (entry?.state !== 'running') return false;
    entry.lane.leave(entry, nowMs - entry.startedAt);
    entry.state = 'resting';
    entry.readyAt = later(entry.dueAt, nowMs);
    this.#rest(entry);
    if (!entry.hasResult) this.#withoutResult--;
    entry.hasResult = true;
    return true;
  }

  hasWaiting(): boolean {
    return this.#lanes.network.hasWaiting || this.#lanes.programs.hasWaiting;
  }

  nextDeadlineMs(): MonoMs | undefined {
    const { network, programs } = this.#lanes;
    return earliest(this.#resting.top?.dueAt, earliest(network.nextDeadlineMs(), programs.nextDeadlineMs()));
  }

  isFirstRoundComplete(): boolean {
    return this.#withoutResult === 0;
  }

  #enter(check: CheckDefinition, nowMs: MonoMs): Entry {
    this.#phase = (this.#phase + goldenStep) % 1;
    return {
      check,
      lane: check.what.kind === 'exec' ? this.#lanes.programs : this.#lanes.network,
      phase: this.#phase,
      dueAt: nowMs,
      order: this.#entered++,
      readyAt: nowMs,
      startedAt: nowMs,
      isInHeap: false,
      state: 'resting',
      isSlow: false,
      place: undefined,
      starts: 0,
      hasResult: false,
    };
  }

  #rest(entry: Entry): void {
    if (entry.isInHeap) return;
    entry.isInHeap = true;
    this.#resting.push(entry);
  }

  #remove(entry: Entry, nowMs: MonoMs): void {
    if (entry.state === 'running') entry.lane.leave(entry, nowMs - entry.startedAt);
    entry.state = 'gone';
  }

  #startFrom(lane: Lane<Entry>, starts: Start[], nowMs: MonoMs): void {
    for (let entry = lane.next(nowMs); entry !== undefined; entry = lane.next(nowMs)) {
      if (entry.state === 'gone') {
        lane.leave(entry, 0);
        continue;
      }
      entry.state = 'running';
      entry.startedAt = nowMs;
      starts.push({ check: entry.check, latenessMs: Math.max(0, nowMs - entry.readyAt) });
      if (!entry.isInHeap) entry.dueAt = nextSlot(entry, nowMs);
    }
  }
}

/** The slot after the one that `entry` starts for; its count of starts includes this one. */
function nextSlot(entry: Entry, nowMs: MonoMs): MonoMs {
  const { intervalMs } = entry.check;
  // The second run is half an interval to one and a half after the first; from then on the slot repeats.
  if (entry.starts === 1) return after(nowMs, intervalMs * (0.5 + entry.phase));
  const missed = Math.floor((nowMs - entry.dueAt) / intervalMs);
  return after(entry.dueAt, (missed + 1) * intervalMs);
}

function later(a: MonoMs, b: MonoMs): MonoMs {
  return a > b ? a : b;
}
