/** What every command does with its arguments: options by `util.parseArgs`, faults as one line and exit code 2. */
import { existsSync, statSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { loadAgentConfig } from '#agent/config.ts';
import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { loadMachine, machineFileName } from '#config/machine.ts';
import { didYouMean } from '#config/nearest.ts';
import { formatProblems } from '#config/problem.ts';
import type { Daemon } from './client.ts';
import { exitCode } from './command.ts';

type Options = NonNullable<ParseArgsConfig['options']>;

/** Parsed arguments, typed by the options that were asked for. */
export type Parsed<Wanted extends Options> = ReturnType<
  typeof parseArgs<{ args: string[]; options: Wanted; allowPositionals: true; strict: true }>
>;

/** Parses a command's arguments; the fault is one line that names the option and the nearest known one. */
export function parseOptions<Wanted extends Options>(
  args: readonly string[],
  options: Wanted,
): Result<Parsed<Wanted>, string> {
  try {
    return succeed(parseArgs({ args: [...args], options, allowPositionals: true, strict: true }));
  } catch (error) {
    const [message = ''] = (error instanceof Error ? error.message : String(error)).split('. To specify');
    const unknown = /Unknown option '--?([^']+)'/.exec(message)?.[1];
    if (unknown === undefined) return refuse(message);
    return refuse(`unknown option '${unknown}'${didYouMean(unknown, Object.keys(options))}`);
  }
}

/** Says how a command is called and gives the exit code for it. */
export function usageFault(command: string, message: string): number {
  process.stderr.write(`fairlead ${command}: ${message}\nRun 'fairlead ${command} --help' for its options.\n`);
  return exitCode.usage;
}

/** Options of commands that talk to the coordinator or the agent of this machine. */
export const controlOptions = {
  config: { type: 'string', short: 'c' },
  socket: { type: 'string' },
} as const;

/** The lines of `--help` for `controlOptions`. */
export const controlUsage = `  -c, --config DIR   where fairlead.yaml lies (default: here, else /etc/fairlead)
      --socket PATH  the coordinator's control socket, instead of the one that fairlead.yaml gives`;

/** The same of commands that an agent answers, too. */
export const daemonUsage = `  -c, --config PATH  where fairlead.yaml or an agent's agent.yaml lies, or an agent's file itself
                     (default: here, else /etc/fairlead)
      --socket PATH  the control socket, instead of the one that the config gives`;

const systemDirectory = '/etc/fairlead';
const agentFileName = 'agent.yaml';

/** The config directory: the one given, else the current one, else the system's where only that has a config. */
export function configDirectory(given: string | undefined): string {
  if (given !== undefined) return given;
  const isHere = existsSync(machineFileName) || !existsSync(join(systemDirectory, machineFileName));
  return isHere ? '.' : systemDirectory;
}

/** A control socket, and who is expected on it. */
export interface ControlSocket {
  readonly path: string;
  readonly daemon: Daemon;
}

/**
 * The control socket that the options mean, of an agent where there is an agent's file and no `fairlead.yaml`; the fault
 * is text for stderr.
 */
export function findDaemon(values: {
  readonly config?: string | undefined;
  readonly socket?: string | undefined;
}): Result<ControlSocket, string> {
  const file = values.socket === undefined ? agentFile(values.config) : undefined;
  if (file === undefined) {
    const socket = findControlSocket(values);
    return socket.ok ? succeed({ path: socket.value, daemon: 'coordinator' }) : socket;
  }
  const config = loadAgentConfig(file);
  if (config.ok) return succeed({ path: config.value.controlSocket, daemon: 'agent' });
  return refuse(formatProblems(config.fault, new Map()));
}

/** The agent's file that is meant; undefined where a coordinator is. */
function agentFile(given: string | undefined): string | undefined {
  const directories = given === undefined ? ['.', systemDirectory] : [given];
  for (const directory of directories) {
    if (existsSync(join(directory, machineFileName))) return undefined;
    const file = join(directory, agentFileName);
    if (existsSync(file)) return file;
  }
  return given !== undefined && statSync(given, { throwIfNoEntry: false })?.isFile() === true ? given : undefined;
}

/** The control socket of a coordinator that the options mean; the fault is text for stderr. */
export function findControlSocket(values: {
  readonly config?: string | undefined;
  readonly socket?: string | undefined;
}): Result<string, string> {
  if (values.socket !== undefined) return succeed(values.socket);
  const machine = loadMachine(configDirectory(values.config));
  if (machine.ok) return succeed(machine.value.controlSocket);
  const { problems, text } = machine.fault;
  return refuse(formatProblems(problems, new Map(text === undefined ? [] : [[machineFileName, text]])));
}

/** Who runs this command, as releases and overrides record it: `user@host`. */
export function whoAmI(environment: NodeJS.ProcessEnv = process.env): string {
  return `${environment['SUDO_USER'] ?? userName()}@${hostname()}`.slice(0, 100);
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user id without an entry in the password file, as in containers.
    return `uid${process.getuid?.() ?? ''}`;
  }
}
