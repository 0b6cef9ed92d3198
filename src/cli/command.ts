/** What a command of `fairlead` is. */

/** One command; `run` returns the exit code. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** How it is called and what its options mean, for `--help`. */
  readonly usage: string;
  run(args: readonly string[]): Promise<number>;
}

/** Exit codes, besides those of `status`. */
export const exitCode = { ok: 0, failed: 1, usage: 2, unreachable: 75 } as const;
