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
