#!/usr/bin/env node
// Starts fairlead under a Node that can run its TypeScript.
//
// fairlead needs Node 24. A checkout brings one as a dependency (ADR 0001), so when this file is run by an older
// Node it starts again under that one. Plain JavaScript, because an old Node must be able to read it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as modules from 'node:module';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';

const wantedMajor = 24;
const root = new URL('../', import.meta.url);

if (Number(process.versions.node.split('.')[0]) >= wantedMajor) {
  // Compiled code is kept inside the checkout, where nobody else can write: a start takes half the time. Threads read
  // the variable. Where the folder cannot be written, everything is compiled as it is needed.
  process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('node_modules/.cache/fairlead', root));
  // Answering a query is many small functions: compiled into one, they take an eighth less time. Set before any code is
  // compiled, since the cache belongs to the flags.
  setFlagsFromString('--max-inlined-bytecode-size=2000');
  setFlagsFromString('--max-inlined-bytecode-size-cumulative=4000');
  modules.enableCompileCache(process.env.NODE_COMPILE_CACHE);
  await import(new URL('src/cli/main.ts', root).href);
} else {
  const local = fileURLToPath(new URL('node_modules/.bin/node', root));
  if (!existsSync(local)) {
    process.stderr.write(
      `fairlead: needs Node ${wantedMajor} or newer, this is ${process.version}, and ${local} is missing; run 'npm ci' in ${fileURLToPath(root)}\n`,
    );
    process.exit(69);
  }
  const child = spawn(local, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2']) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('exit', (code, signal) => {
    process.exit(code ?? (signal === null ? 1 : 128));
  });
}
