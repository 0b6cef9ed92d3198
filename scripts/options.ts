/** The command lines of these scripts: whole numbers and flags. A fault is one line and the usage, with exit code 2. */
import { basename } from 'node:path';
import { parseArgs } from 'node:util';

/** A whole number that a script takes, and what it is where nobody says. */
export interface NumberOption {
  readonly preset: number;
  /** Default 1. */
  readonly least?: number;
}

/** Reads the arguments of this process; `--help` and faults end it. */
export function readScriptOptions<Name extends string, Flag extends string = never>(
  numbers: Readonly<Record<Name, NumberOption>>,
  flags: readonly Flag[] = [],
): Readonly<Record<Name, number> & Record<Flag, boolean>> {
  const wanted = Object.entries<NumberOption>(numbers);
  const words = [
    ...wanted.map(([name, { preset }]) => `[--${name} N (${preset})]`),
    ...flags.map((flag) => `[--${flag}]`),
  ];
  const usage = `node scripts/${basename(process.argv[1] ?? '')} ${words.join(' ')}`;
  const given = parse([...wanted.map(([name]) => name)], ['help', ...flags], usage);
  if (given['help'] === true) {
    console.log(usage);
    process.exit(0);
  }
  const read: Record<string, number | boolean> = Object.fromEntries(flags.map((flag) => [flag, given[flag] === true]));
  for (const [name, { preset, least = 1 }] of wanted) {
    const value = Number(given[name] ?? preset);
    if (!Number.isSafeInteger(value) || value < least) {
      complain(`--${name} ${String(given[name])} is not a whole number from ${least}`, usage);
    }
    read[name] = value;
  }
  // Each name was given its value above, which the compiler cannot count.
  return read as Record<Name, number> & Record<Flag, boolean>;
}

function parse(
  numbers: readonly string[],
  flags: readonly string[],
  usage: string,
): Readonly<Record<string, string | boolean | undefined>> {
  const typed = (names: readonly string[], type: 'string' | 'boolean') =>
    names.map((name) => [name, { type }] as const);
  try {
    return parseArgs({ options: Object.fromEntries([...typed(numbers, 'string'), ...typed(flags, 'boolean')]) }).values;
  } catch (error) {
    return complain(error instanceof Error ? error.message : String(error), usage);
  }
}

function complain(fault: string, usage: string): never {
  console.error(`${fault}\n${usage}`);
  process.exit(2);
}
