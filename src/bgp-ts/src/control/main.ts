#!/usr/bin/env node
/**
 * The program `bgp-ts`: a speaker in a worker thread behind a control socket, for those who want BGP from a script.
 * Events go to standard output, one line each.
 */
import { readFileSync } from 'node:fs';
import { createWorkerSpeaker } from '../speaker/worker-client.ts';
import type { BgpSpeaker } from '../speaker/types.ts';
import { commandForms } from './command.ts';
import { runLines } from './execute.ts';
import { startControl } from './server.ts';

const usage = `bgp-ts SOCKET [FILE]

Speaks BGP as the lines say that it reads from FILE at its start and then from whoever connects to the Unix socket
SOCKET. Each line is answered with one line: "ok", "error SENTENCE", or for "show" everything as JSON.

${Object.values(commandForms)
  .map((form) => `  ${form}`)
  .join('\n')}

SIGTERM and SIGINT close all sessions without a NOTIFICATION, so that peers with graceful restart keep the routes;
"stop" sends Cease 6/2 with the text.
`;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function fail(line: string, code: number): number {
  process.stderr.write(`${line}\n`);
  return code;
}

async function main(): Promise<number> {
  const [path, file, ...rest] = process.argv.slice(2);
  if (path === '--help' || path === '-h') {
    process.stdout.write(usage);
    return 0;
  }
  if (path === undefined || rest.length > 0) return fail(usage, 2);
  const text = file === undefined ? '' : readText(file);
  if (text === undefined) return fail(`cannot read ${file ?? ''}`, 2);
  const ended = Promise.withResolvers<number>();
  const speaker = createWorkerSpeaker({
    onEvent: (event) => {
      say(event.text);
      if (event.kind === 'ended') ended.resolve(1);
    },
  });
  const started = await runLines(speaker, text);
  if (!started.ok) return stopWith(speaker, fail(`${file ?? ''}:${started.fault}`, 2));
  const control = await startControl({ speaker, path, onStopped: () => ended.resolve(0) });
  if (!control.ok) return stopWith(speaker, fail(control.fault, 1));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void stopWith(speaker, 0).then(ended.resolve));
  }
  const code = await ended.promise;
  await control.value.close();
  return code;
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

async function stopWith(speaker: BgpSpeaker, code: number): Promise<number> {
  await speaker.stop({ mode: 'silent' });
  return code;
}

process.exitCode = await main();
