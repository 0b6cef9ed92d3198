/**
 * Watchers: a command that a lab host repeats every 200 ms, and what it printed each time, with the host's clock. All
 * containers share one clock with the test, so samples of different hosts can be put in order.
 */
import { createInterface } from 'node:readline';
import type Dockerode from 'dockerode';
import type { Timeline } from './timeline.ts';

const everySeconds = 0.2;
const startOfSample = '=== ';
const endOfSample = '=== end';

/** What one run of a command showed; `atMs` is Unix time just before it ran. */
export interface Sample<Value> {
  readonly atMs: number;
  readonly value: Value;
}

export interface WatchParts<Value> {
  /** What is watched, for people. */
  readonly name: string;
  readonly container: Dockerode.Container;
  /** A bash command without side effects. */
  readonly command: string;
  readonly parse: (output: string) => Value;
  /** The value as the timeline shows it; two values that read alike are the same. */
  readonly describe: (value: Value) => string;
}

/** All that was seen since the watcher started. */
export class Watcher<Value> {
  readonly name: string;
  readonly describe: (value: Value) => string;
  readonly #samples: Sample<Value>[] = [];
  #timeline: Timeline | undefined;

  constructor(parts: WatchParts<Value>) {
    this.name = parts.name;
    this.describe = parts.describe;
  }

  get latest(): Sample<Value> | undefined {
    return this.#samples.at(-1);
  }

  /** The samples taken at or after a time, oldest first. */
  since(atMs: number): readonly Sample<Value>[] {
    return this.#samples.filter((sample) => sample.atMs >= atMs);
  }

  /** From now on each change goes into this timeline. */
  reportTo(timeline: Timeline | undefined): void {
    this.#timeline = timeline;
  }

  add(sample: Sample<Value>): void {
    const before = this.latest;
    const text = this.describe(sample.value);
    if (before !== undefined && this.describe(before.value) !== text) {
      this.#timeline?.mark(`${this.name}: ${text}`, sample.atMs);
    }
    this.#samples.push(sample);
  }
}

/** Starts the command's loop in the container; it ends with the container. */
export async function startWatcher<Value>(parts: WatchParts<Value>): Promise<Watcher<Value>> {
  const watcher = new Watcher(parts);
  const loop = `while echo "${startOfSample}$(date +%s%3N)"; do ${parts.command}; echo; echo "${endOfSample}"; sleep ${everySeconds}; done`;
  // With a terminal, Docker sends the output as it is; without, in frames of two mixed streams.
  const exec = await parts.container.exec({ Cmd: ['bash', '-c', loop], AttachStdout: true, Tty: true });
  const output = await exec.start({ hijack: true, stdin: false, Tty: true });

  let atMs = 0;
  let lines: string[] = [];
  output.on('error', () => output.destroy());
  createInterface({ input: output }).on('line', (line) => {
    if (line === endOfSample) watcher.add({ atMs, value: parts.parse(lines.join('\n')) });
    else if (line.startsWith(startOfSample)) {
      atMs = Number(line.slice(startOfSample.length));
      lines = [];
    } else lines.push(line);
  });
  return watcher;
}
