/**
 * Problems as they are found, by source and offset; a person gets them with line and column, in the order of the files.
 *
 * At most `shownLimit` of each severity are kept for one file: a file of another format is wrong in every line.
 */
import { present } from '#base/assert.ts';
import type { ZoneProblem } from './problem.ts';
import type { RecordPlace } from './records.ts';
import type { SourceText } from './source-text.ts';

/** How many errors, and how many warnings, of one file are shown one by one. */
export const shownLimit = 100;

/** A message repeats what is wrong, which may be as long as the file. */
const maxMessageCharacters = 500;

type Severity = ZoneProblem['severity'];

interface Found extends RecordPlace {
  readonly severity: Severity;
  readonly message: string;
}

interface Tally {
  shown: number;
  hidden: number;
  lastHiddenOffset: number;
}

/** Collects the problems of one zone. */
export class ProblemLog {
  readonly #found: Found[] = [];
  /** By source and severity. */
  readonly #tallies = new Map<string, Tally & { readonly source: number; readonly severity: Severity }>();
  #errors = 0;

  /** Notes what keeps the zone from being served. */
  error(place: RecordPlace, message: string): void {
    this.#errors++;
    this.#add('error', place, message);
  }

  /** Notes what is only unwise. */
  warning(place: RecordPlace, message: string): void {
    this.#add('warning', place, message);
  }

  get hasErrors(): boolean {
    return this.#errors > 0;
  }

  /** Errors so far, those that are not shown too. */
  get errorCount(): number {
    return this.#errors;
  }

  /** All problems by source and place in it; `sources` are those that places refer to. */
  problems(sources: readonly SourceText[]): readonly ZoneProblem[] {
    const all = [...this.#found];
    for (const { source, severity, hidden, lastHiddenOffset } of this.#tallies.values()) {
      if (hidden === 0) continue;
      const message = `${hidden} more ${severity}${hidden === 1 ? '' : 's'} in this file, the last one here`;
      all.push({ source, offset: lastHiddenOffset, severity, message });
    }
    return all
      .toSorted((a, b) => a.source - b.source || a.offset - b.offset)
      .map(({ source, offset, severity, message }) => {
        const text = present(sources[source], 'the source of a problem');
        return { severity, ...text.positionOf(offset), message };
      });
  }

  #add(severity: Severity, { source, offset }: RecordPlace, message: string): void {
    const key = `${source} ${severity}`;
    const tally = this.#tallies.get(key) ?? { source, severity, shown: 0, hidden: 0, lastHiddenOffset: 0 };
    this.#tallies.set(key, tally);
    if (tally.shown < shownLimit) {
      tally.shown++;
      const isLong = message.length > maxMessageCharacters;
      const shown = isLong ? `${message.slice(0, maxMessageCharacters)}…` : message;
      this.#found.push({ severity, source, offset, message: shown });
    } else {
      tally.hidden++;
      tally.lastHiddenOffset = Math.max(tally.lastHiddenOffset, offset);
    }
  }
}
