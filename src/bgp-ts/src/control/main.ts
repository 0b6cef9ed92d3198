#!/usr/bin/env node
/**
 * The program `bgp-ts`: a speaker in a worker thread with a control socket, for those who want BGP from a script.
 * Events go to standard output, one line each.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { commandForms } from './command.ts';
import { seenAtTexts } from './text-queue.ts';
import type { WorkerNews, WorkerRequest, WorkerStart } from './worker.ts';

const usage = `bgp-ts SOCKET [FILE]

Speaks BGP as the lines say that it reads from FILE at its start and then from whoever connects to the Unix socket
SOCKET. Each line is answered with one line: "ok", "error SENTENCE", or for "show" everything as JSON.

${Object.values(commandForms)
  .map((form) => `  ${form}`)
  .join('\n')}

SIGTERM and SIGINT close all sessions without a NOTIFICATION, so that peers with graceful restart keep the routes;
"stop" sends Cease 6/2 with the text.
`;

/**
 * How soon V8 optimizes: by its own measure the way of a line to its UPDATE, which is many small functions, is hot after
 * thousands of lines, and a rehearsal cannot take that long.
 */
const engineFlags = ['--invocation-count-for-maglev=100', '--invocation-count-for-turbofan=300'];

/** Where new objects lie: so little of it that it stays in the processor's cache, while each line makes but a few. */
const maxYoungGenerationSizeMb = 3;

/** The worker's entry stands beside this file, compiled or not as this file is. */
const workerUrl = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);

function fail(line: string, code: number): number {
  process.stderr.write(`${line}\n`);
  return code;
}

async function main(): Promise<number> {
  const [socketPath, file, ...rest] = process.argv.slice(2);
  if (socketPath === '--help' || socketPath === '-h') {
    process.stdout.write(usage);
    return 0;
  }
  if (socketPath === undefined || rest.length > 0) return fail(usage, 2);
  const lines = file === undefined ? '' : readText(file);
  return lines === undefined ? fail(`cannot read ${file ?? ''}`, 2) : speak({ socketPath, lines }, file ?? '');
}

/** Runs the worker to its end and returns the exit code. */
async function speak(workerData: WorkerStart, file: string): Promise<number> {
  for (const flag of engineFlags) setFlagsFromString(flag);
  const worker = new Worker(workerUrl, { name: 'bgp', workerData, resourceLimits: { maxYoungGenerationSizeMb } });
  const tell = (request: WorkerRequest): void => worker.postMessage(request);
  let code = 0;
  let seenCount = 0;
  worker.on('message', (news: WorkerNews) => {
    if (news.kind === 'events') {
      const { texts } = news;
      process.stdout.write(`${texts.join('\n')}\n`, () => {
        seenCount += texts.length;
        if (seenCount < seenAtTexts) return;
        tell({ kind: 'seen', count: seenCount });
        seenCount = 0;
      });
    }
    if (news.kind === 'refused') code = news.what === 'lines' ? fail(`${file}:${news.fault}`, 2) : fail(news.fault, 1);
  });
  worker.on('error', (error) => (code = fail(`the BGP thread ended: ${String(error)}`, 1)));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => tell({ kind: 'stop' }));
  await once(worker, 'exit').catch(() => undefined);
  return code;
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

// Whoever reads the events or the faults may go away; the sessions stay.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

process.exitCode = await main();
