/**
 * How a command is written: its options and arguments as data, and what it does with them. Parsing, wrong usage, and
 * finding the coordinator or the agent of this machine happen here, once.
 */
import type { ParseArgsConfig } from 'node:util';
import type { z } from 'zod';
import type { Result } from '#base/result.ts';
import { refuse, succeed } from '#base/result.ts';
import { callControl, reportFault } from './client.ts';
import type { ControlCall, Daemon } from './client.ts';
import { exitCode } from './command.ts';
import type { Command } from './command.ts';
import { controlOptions, controlUsage, daemonUsage, findControlSocket, findDaemon } from './options.ts';
import { parseOptions, usageFault } from './options.ts';
import type { Parsed } from './options.ts';

type Options = NonNullable<ParseArgsConfig['options']>;

/** What a command is given. */
export interface Invocation<Wanted extends Options> {
  readonly values: Parsed<Wanted>['values'];
  /** Exactly those that `parameters` names; an optional one may be missing. */
  readonly positionals: readonly string[];
  /** Says what is wrong with the call and gives the exit code for it. */
  readonly misused: (message: string) => number;
}

/** A command as it is written. */
export interface CommandSpec<Wanted extends Options> extends Omit<Command, 'run'> {
  readonly options: Wanted;
  /** Names of the arguments; one in brackets is optional. */
  readonly parameters?: readonly string[];
  run(invocation: Invocation<Wanted>): Promise<number>;
}

/** Makes a command of its spec. */
export function defineCommand<Wanted extends Options>(spec: CommandSpec<Wanted>): Command {
  const { name, summary, usage, options, parameters = [] } = spec;
  const misused = (message: string): number => usageFault(name, message);
  return {
    name,
    summary,
    usage,
    run: async (args) => {
      const parsed = parseOptions(args, options);
      if (!parsed.ok) return misused(parsed.fault);
      const { values, positionals } = parsed.value;
      const surplus = positionals.slice(parameters.length);
      if (surplus.length > 0) return misused(`unexpected argument '${surplus.join(' ')}'`);
      const missing = parameters.slice(positionals.length).find((parameter) => !parameter.startsWith('['));
      if (missing !== undefined) return misused(`expected ${missing}`);
      return spec.run({ values, positionals, misused });
    },
  };
}

/** What a command that talks to the coordinator of this machine is given besides. */
export interface ControlInvocation<Wanted extends Options> extends Invocation<Wanted & typeof controlOptions> {
  readonly socketPath: string;
  /** Who is expected on it. */
  readonly daemon: Daemon;
  /** Calls the coordinator; a fault is told to the person, and is the exit code. */
  readonly call: <Schema extends z.ZodType>(call: ControlCall<Schema>) => Promise<Result<z.output<Schema>, number>>;
}

/** A command that talks to the coordinator of this machine, as it is written. */
export interface ControlCommandSpec<Wanted extends Options> extends Omit<CommandSpec<Wanted>, 'run'> {
  /** Whether an agent answers it, too. */
  readonly isForAgents?: boolean;
  run(invocation: ControlInvocation<Wanted>): Promise<number>;
}

/** Makes such a command; `--config` and `--socket` are added to its options and its usage. */
export function defineControlCommand<Wanted extends Options>(spec: ControlCommandSpec<Wanted>): Command {
  const { isForAgents = false } = spec;
  return defineCommand({
    ...spec,
    usage: `${spec.usage}\n${isForAgents ? daemonUsage : controlUsage}`,
    options: { ...spec.options, ...controlOptions },
    run: async (invocation) => {
      // The type of a spread of a type parameter is not narrowed: these two options are always there.
      const values: { config?: string; socket?: string } = invocation.values;
      const found = isForAgents ? findDaemon(values) : coordinatorOf(findControlSocket(values));
      if (!found.ok) {
        process.stderr.write(found.fault);
        return exitCode.failed;
      }
      const { path, daemon } = found.value;
      return spec.run({
        ...invocation,
        socketPath: path,
        daemon,
        call: async (call) => {
          const answer = await callControl(path, call, daemon);
          return answer.ok ? answer : refuse(reportFault(spec.name, answer.fault));
        },
      });
    },
  });
}

function coordinatorOf(path: Result<string, string>): ReturnType<typeof findDaemon> {
  return path.ok ? succeed({ path: path.value, daemon: 'coordinator' }) : path;
}
