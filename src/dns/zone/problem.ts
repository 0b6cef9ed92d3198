/** What is wrong with a zone file, as data: where, how bad, and a sentence with the value and what was expected. */

/** A place in a text file; line and column count from 1. */
export interface TextPosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** An error keeps the zone from being served; a warning does not. */
export interface ZoneProblem extends TextPosition {
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

/** Writes `file:line:column: error: message`. */
export function formatZoneProblem(problem: ZoneProblem): string {
  return `${problem.file}:${problem.line}:${problem.column}: ${problem.severity}: ${problem.message}`;
}

/** Collects problems, so that a person sees all of a file's at once. */
export class ProblemList {
  readonly #problems: ZoneProblem[] = [];

  error(at: TextPosition, message: string): void {
    this.#add('error', at, message);
  }

  warning(at: TextPosition, message: string): void {
    this.#add('warning', at, message);
  }

  get hasErrors(): boolean {
    return this.#problems.some((problem) => problem.severity === 'error');
  }

  /** All problems in the order of the file. */
  sorted(): readonly ZoneProblem[] {
    return this.#problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
  }

  #add(severity: ZoneProblem['severity'], { file, line, column }: TextPosition, message: string): void {
    this.#problems.push({ severity, file, line, column, message });
  }
}
