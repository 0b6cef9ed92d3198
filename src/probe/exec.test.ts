import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import type { TestContext } from 'node:test';
import { checkOf, run } from './checks.fixture.ts';
import type { Outcome } from './outcome.ts';

interface Programs {
  readonly directory: string;
  readonly write: (name: string, script: string) => string;
  readonly run: (command: readonly string[], timeoutMs?: number) => Promise<Outcome>;
}

/** A directory of shell scripts that checks may run. */
function programs(context: TestContext): Programs {
  const root = mkdtempSync(join(tmpdir(), 'fairlead-exec-'));
  context.after(() => {
    rmSync(root, { recursive: true });
  });
  const directory = join(root, 'allowed');
  mkdirSync(directory);
  return {
    directory,
    write: (name, script) => {
      const path = join(root, name);
      writeFileSync(path, `#!/bin/sh\n${script}\n`);
      chmodSync(path, 0o755);
      return path;
    },
    run: (command, timeoutMs = 60_000) =>
      run(checkOf({ kind: 'exec', command }, 80, { timeoutMs }), { execDirectories: [directory] }),
  };
}

test('the exit code decides, and the first line of output is the reason', async (context) => {
  const { write, run: exec } = programs(context);
  const good = write('allowed/good', 'echo; echo "all $1 well"; echo more');
  assert.deepEqual(await exec([good, 'is * $HOME']), { passed: true, reason: 'exit code 0: all is * $HOME well' });
  const bad = write('allowed/bad', 'echo broken >&2; exit 3');
  assert.deepEqual(await exec([bad]), { passed: false, reason: 'exit code 3: broken' });
  const killed = write('allowed/killed', 'kill -9 $$');
  assert.deepEqual(await exec([killed]), { passed: false, reason: 'ended by SIGKILL' });
});

test('a program gets the target and hardly anything else of this process', async (context) => {
  const { write, run: exec } = programs(context);
  const path = write(
    'allowed/env',
    'echo "$FAIRLEAD_ADDRESS $FAIRLEAD_PORT $(pwd) $(env | cut -d= -f1 | sort | tr "\\n" " ")"',
  );
  const { reason } = await exec([path]);
  assert.match(reason, /^exit code 0: 127\.0\.0\.1 80 \/ FAIRLEAD_ADDRESS FAIRLEAD_PORT LC_ALL (?:OLDPWD )?PATH PWD/);
});

test('only what lies in an allowed directory runs, links and dots followed; else it is no evidence', async (context) => {
  const { directory, write, run: exec } = programs(context);
  const outside = write('outside', 'exit 0');
  symlinkSync(outside, join(directory, 'link'));
  for (const path of [outside, join(directory, 'link'), `${directory}/../outside`, `${directory}-not/x`, '/bin/true']) {
    const outcome = await exec([path]);
    assert.equal(outcome.unable, true, path);
  }
  assert.match((await exec([outside])).reason, /is not permitted here: it is not in /);
  const bare = await run(checkOf({ kind: 'exec', command: ['/bin/true'] }, 80));
  assert.match(bare.reason, /is not permitted here: fairlead\.yaml names no directory/);
  const notRunnable = write('allowed/plain', 'exit 0');
  chmodSync(notRunnable, 0o644);
  assert.match((await exec([notRunnable])).reason, /cannot be run: /);
});

/** Whether a process still runs; one that has ended and waits for its parent does not. */
function runs(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

async function untilGone(pid: number): Promise<void> {
  while (runs(pid)) await new Promise((resolve) => setImmediate(resolve));
}

/** What a program writes to a file, once it has written a whole line. */
async function lineIn(path: string): Promise<string> {
  let text = '';
  while (!text.endsWith('\n')) {
    await new Promise((resolve) => setImmediate(resolve));
    text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  }
  return text.trim();
}

test('at its timeout a program ends with all that it has started', { timeout: 10_000 }, async (context) => {
  const { directory, write, run: exec } = programs(context);
  const file = join(directory, 'pids');
  const path = write('allowed/slow', `sleep 600 & echo $! $$ >${file}; trap '' TERM; wait; sleep 600`);
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const outcome = exec([path], 500);
  const pids = await lineIn(file);
  context.mock.timers.tick(500);
  assert.deepEqual(await outcome, { passed: false, reason: 'timed out after 500ms' });
  for (const pid of pids.split(' ')) await untilGone(Number(pid));
});

test(
  'what a program leaves behind ends with it, and output without end is not kept',
  { timeout: 10_000 },
  async (context) => {
    const { directory, write, run: exec } = programs(context);
    const file = join(directory, 'pid');
    const path = write('allowed/leaves', `sleep 600 & echo $! >${file}; yes | head -c 1000000; exit 1`);
    const outcome = await exec([path]);
    assert.deepEqual(outcome, { passed: false, reason: 'exit code 1: y' });
    await untilGone(Number(readFileSync(file, 'utf8')));
  },
);

test('a program that the system refuses to begin costs the run alone, and is no evidence', async (context) => {
  const { write, run: exec } = programs(context);
  const path = write('allowed/good', 'exit 0');
  // Linux takes no argument of 128 KiB or more.
  const outcome = await exec([path, 'x'.repeat(200_000)]);
  assert.deepEqual(outcome, { passed: false, reason: 'it cannot be begun: spawn E2BIG', unable: true });
});

test('a process that is out of file descriptors says so of a program, and goes on', () => {
  const script = `
    import { openSync } from 'node:fs';
    import { startExec } from '${new URL('exec.ts', import.meta.url).href}';
    const what = { kind: 'exec', command: ['/bin/true'] };
    const run = () => startExec({ address: '127.0.0.1', port: 80 }, what, { directories: ['/'], done });
    const done = (outcome) => { process.stdout.write(JSON.stringify(outcome)); };
    try { for (;;) openSync('/dev/null'); } catch {}
    run();`;
  const args = ['-c', 'ulimit -n 100; exec "$0" --input-type=module -e "$1"', process.execPath, script];
  const { status, stdout, stderr } = spawnSync('sh', args, { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  assert.match(stdout, /"passed":false,"reason":"\S+ cannot be run: spawn \S+ EMFILE","unable":true/);
});
