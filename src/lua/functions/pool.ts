/**
 * Candidates and which of them may be given now: all, or where they are checked those that are up; with none up, all
 * that are not withheld (R8).
 */
import type { LuaCall } from '../call.ts';
import { LuaFault } from '../fault.ts';
import type { HealthHandle, HealthReading } from '../health.ts';
import { readOptions } from '../options.ts';
import type { UnknownState } from '../options.ts';
import type { Run } from '../run.ts';
import { portTarget, readAddress, readPort, readUrl, urlTarget } from '../targets.ts';
import type { Candidate } from '../call.ts';

/** Where nothing has finished its first check. */
export const nothingKnown = 'no health check of this name has finished yet';

export class Pool {
  readonly texts: readonly string[];
  readonly #handles: readonly HealthHandle[] | undefined;
  readonly #onUnknown: UnknownState;
  /** Indexes of the candidates that may be given, the first `count` of them. */
  readonly indexes: Int32Array;
  count: number;
  /** The same by candidate: 1 for those that may be given. */
  readonly isAvailable: Uint8Array;

  constructor(texts: readonly string[], handles: readonly HealthHandle[] | undefined, onUnknown: UnknownState) {
    this.texts = texts;
    this.#handles = handles;
    this.#onUnknown = onUnknown;
    this.count = texts.length;
    this.indexes = Int32Array.from(texts, (_, index) => index);
    this.isAvailable = new Uint8Array(texts.length).fill(1);
  }

  get isChecked(): boolean {
    return this.#handles !== undefined;
  }

  /** Looks who may be given; false where nobody may, or `run` failed. */
  fill(run: Run): boolean {
    const handles = this.#handles;
    if (handles === undefined) return this.count > 0;
    const { indexes, isAvailable } = this;
    let count = 0;
    let unknown = 0;
    for (let index = 0; index < handles.length; index++) {
      const reading = readHandle(run, handles[index], this.texts[index]);
      if (reading.state === 'unknown') unknown++;
      const isUp = reading.state === 'up' || (reading.state === 'unknown' && this.#onUnknown === 'up');
      isAvailable[index] = isUp ? 1 : 0;
      if (isUp) indexes[count++] = index;
    }
    if (count === 0) count = this.#fallBack(run, handles, unknown);
    this.count = count;
    return count > 0;
  }

  #fallBack(run: Run, handles: readonly HealthHandle[], unknown: number): number {
    const { indexes, isAvailable } = this;
    run.changePending = true;
    if (this.#onUnknown === 'servfail' && unknown === handles.length) {
      run.failure = nothingKnown;
      return 0;
    }
    const onlyUnknown = this.#onUnknown === 'backup' && unknown > 0;
    let count = 0;
    for (let index = 0; index < handles.length; index++) {
      const reading = handles[index]?.read();
      const isGiven = reading !== undefined && (onlyUnknown ? reading.state === 'unknown' : reading.withheld !== true);
      isAvailable[index] = isGiven ? 1 : 0;
      if (isGiven) indexes[count++] = index;
    }
    if (count > 0 && !onlyUnknown) run.note = 'failOpen';
    return count;
  }
}

const neverRegistered: HealthReading = { state: 'unknown', changePending: true };

/** Reads a target's state, with what it says about the answer; and tells it where somebody asked. */
export function readHandle(run: Run, handle: HealthHandle | undefined, text: string | undefined): HealthReading {
  const reading = handle?.read() ?? neverRegistered;
  if (reading.changePending) run.changePending = true;
  run.note ??= reading.note;
  if (run.trace !== undefined) {
    const pending = reading.changePending ? ', a change is pending' : '';
    const withheld = reading.withheld === true ? ', withheld' : '';
    run.trace.push({ step: 'health', text: `${text ?? ''} is ${reading.state}${withheld}${pending}` });
  }
  return reading;
}

/** The pool of a picker's values; checked where its options, the argument at `index`, name a port or a URL. */
export function poolOf(call: LuaCall, values: readonly Candidate[], index: number): Pool {
  const constant = call.args[index];
  const texts = values.map(({ text }) => text);
  const options = readOptions(constant, 'picker');
  const { port, url } = options;
  if (constant === undefined || constant.kind === 'nil') return new Pool(texts, undefined, 'up');
  if ((port === undefined) === (url === undefined))
    throw new LuaFault('options say nothing to check: expected port or url, such as {port=443}', constant.offset);
  const check = url === undefined ? undefined : readUrl(url.text, url.offset, options);
  const number = port === undefined ? 0 : readPort({ kind: 'number', value: port, offset: constant.offset });
  const targets = values.map(({ text, offset }) => {
    const address = readAddress({ kind: 'string', value: text, offset });
    return check === undefined ? portTarget(address, number, options) : urlTarget(address, check, options);
  });
  return new Pool(
    texts,
    targets.map((target) => call.health.register(target)),
    options.onUnknown,
  );
}
