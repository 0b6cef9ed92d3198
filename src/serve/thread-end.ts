/** How a serving thread ends the process when the main thread no longer runs: answers from a frozen table mislead. */
import { writeSync } from 'node:fs';
import { loadLibc } from './system/libc.ts';

/** The process's status then: EX_SOFTWARE of sysexits(3). */
export const silenceExitStatus = 70;

/** Says why on stderr and ends the process, past the main thread that is stuck. */
export function endProcess(limitMs: number): never {
  try {
    writeSync(2, `fairlead: the main thread has not run for ${limitMs} ms; ending the process\n`);
  } catch {
    // Nobody reads stderr; the process ends all the same.
  }
  const libc = loadLibc();
  if (libc.ok) libc.value.exit(silenceExitStatus);
  // Without libc only a signal reaches past the main thread.
  process.kill(process.pid, 'SIGKILL');
  throw new Error('bug: a process outlived its end');
}
