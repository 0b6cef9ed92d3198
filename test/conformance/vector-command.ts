/** What the commands that play a file of vectors have in common: read the file, print each failure, then the totals. */
import { readFileSync } from 'node:fs';

/** How a file went: cases that passed, and one text for each that did not. */
export interface PlayedFile {
  readonly passed: number;
  readonly failures: readonly string[];
}

/**
 * Runs `node SCRIPT FILE`: prints each failure, then `N passed, M failed`. The exit code is 1 when any failed or there was
 * no case, 2 when there is no file to read.
 */
export function playFileOfArguments(usage: string, play: (file: string, text: string) => PlayedFile): void {
  const [file, ...others] = process.argv.slice(2);
  if (file === undefined || others.length > 0) {
    console.error(`expected one argument: ${usage}`);
    process.exitCode = 2;
    return;
  }
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    console.error(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 2;
    return;
  }
  const { passed, failures } = play(file, text);
  for (const failure of failures) console.log(`${failure}\n`);
  console.log(`${passed} passed, ${failures.length} failed`);
  process.exitCode = failures.length === 0 && passed > 0 ? 0 : 1;
}
