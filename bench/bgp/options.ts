/** The command line of bench:bgp. */
import { parseArgs } from 'node:util';
import type { Result } from '#base/result.ts';
import { refuse, succeed } from '#base/result.ts';
import { allDaemons } from './daemons/all.ts';
import type { Daemon } from './daemons/daemon.ts';

export const caseNames = ['flips', 'many', 'sessions'] as const;
export type CaseName = (typeof caseNames)[number];

export interface BenchOptions {
  readonly daemons: readonly Daemon[];
  readonly cases: readonly CaseName[];
  readonly rounds: number;
  /** Lines of each kind a round. */
  readonly lines: number;
  /** After each of them. */
  readonly pauseMs: number;
  readonly sessions: number;
  readonly seconds: number;
}

export const usage = `npm run bench:bgp -- [options]

bgp-ts against BIRD, ExaBGP, GoBGP and FRR, as far as they are installed.

  --daemons A,B     some of: ${allDaemons.map(({ name }) => name).join(', ')}
  --cases A,B       some of: ${caseNames.join(', ')}
  --rounds N        rounds of flips and many; in each, every daemon has its turn (5)
  --lines N         announcements, and withdrawals, that one round of flips times (50)
  --pause MS        the rest after each of them (50)
  --sessions N      sessions of the case sessions (500)
  --seconds N       for how long they are watched (60)`;

/** Reads the arguments; the fault is a sentence. */
export function readOptions(args: readonly string[]): Result<BenchOptions, string> {
  let values: Readonly<Record<string, string | undefined>>;
  try {
    const text = { type: 'string' } as const;
    const options = {
      daemons: text,
      cases: text,
      rounds: text,
      lines: text,
      pause: text,
      sessions: text,
      seconds: text,
    };
    values = parseArgs({ args: [...args], options }).values;
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
  const names = allDaemons.map(({ name }) => name);
  const daemons = readList(values['daemons'], names);
  if (!daemons.ok) return daemons;
  const cases = readList(values['cases'], caseNames);
  if (!cases.ok) return cases;
  const numbers: number[] = [];
  for (const [name, preset] of [
    ['rounds', 5],
    ['lines', 50],
    ['pause', 50],
    ['sessions', 500],
    ['seconds', 60],
  ] as const) {
    const text = values[name] ?? String(preset);
    if (!/^[1-9]\d{0,4}$/.test(text)) return refuse(`--${name} ${text} is not a whole number from 1 to 99999`);
    numbers.push(Number(text));
  }
  const [rounds = 0, lines = 0, pauseMs = 0, sessions = 0, seconds = 0] = numbers;
  const chosen = allDaemons.filter(({ name }) => daemons.value.includes(name));
  return succeed({ daemons: chosen, cases: cases.value, rounds, lines, pauseMs, sessions, seconds });
}

function readList<Name extends string>(
  text: string | undefined,
  known: readonly Name[],
): Result<readonly Name[], string> {
  if (text === undefined) return succeed(known);
  const chosen: Name[] = [];
  for (const word of text.split(',')) {
    const name = known.find((each) => each.toLowerCase() === word.toLowerCase());
    if (name === undefined) return refuse(`"${word}" is not one of: ${known.join(', ')}`);
    chosen.push(name);
  }
  return succeed(chosen);
}
