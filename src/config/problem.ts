/**
 * A fault in a config file as a value: where it is, what is wrong and what was expected; and its form for people.
 * Every loader of this room returns all problems of its input at once (R29).
 */

/** One fault at one place of a config file. Warnings have the same form and stand in lists of their own. */
export interface Problem {
  readonly file: string;
  /** From 1; 0 when the fault is about the file as a whole. */
  readonly line: number;
  /** From 1; 0 when the fault is about the file as a whole. */
  readonly column: number;
  /** Where in the document, such as `endpoints.www[0].port`; empty at its root. */
  readonly path: string;
  readonly message: string;
}

/** A fault of a file as a whole: missing, unreadable, of the wrong name. */
export function fileProblem(file: string, message: string): Problem {
  return { file, line: 0, column: 0, path: '', message };
}

/** The steps from a document's root to a value. */
export type DocumentPath = readonly (string | number)[];

/** Writes a path as people write it: `endpoints.www[0].port`. */
export function formatPath(path: DocumentPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += `${text === '' ? '' : '.'}${/^[\w-]+$/.test(step) ? step : `'${step}'`}`;
  }
  return text;
}

/** Sorts by file, line and column, so that problems read from top to bottom. */
export function sortProblems(problems: readonly Problem[]): readonly Problem[] {
  return problems.toSorted(
    (a, b) => compareText(a.file, b.file) || a.line - b.line || a.column - b.column || compareText(a.path, b.path),
  );
}

/** One line for one problem: `sites/fra.yaml:4:13: endpoints.www[0].port: got 'x', expected …`. */
export function formatProblem(problem: Problem): string {
  const place = problem.line === 0 ? problem.file : `${problem.file}:${problem.line}:${problem.column}`;
  const path = problem.path === '' ? '' : `${problem.path}: `;
  return `${place}: ${path}${problem.message}`;
}

/**
 * Writes problems for people, in order of place, each with its source line and a caret under the spot.
 *
 * `sources` gives the text by file name; a problem whose file is not there is written without its line.
 */
export function formatProblems(problems: readonly Problem[], sources: ReadonlyMap<string, string>): string {
  const lines: string[] = [];
  for (const problem of sortProblems(problems)) {
    lines.push(formatProblem(problem));
    const source = sources.get(problem.file)?.split(/\r?\n/)[problem.line - 1];
    if (source !== undefined && source.trim() !== '') lines.push(...excerpt(source, problem.column));
  }
  return lines.map((line) => `${line}\n`).join('');
}

/** The widest part of a source line that is shown. */
const maxExcerptColumns = 160;

function excerpt(source: string, column: number): readonly string[] {
  const start = column > maxExcerptColumns ? column - 1 - maxExcerptColumns / 2 : 0;
  const shown = source.slice(start, start + maxExcerptColumns);
  // Tabs stay tabs, so that the caret stands under its column however wide they are shown.
  const indent = shown.slice(0, column - 1 - start).replace(/[^\t]/g, ' ');
  return [`    ${shown}`, `    ${indent}^`];
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
