/** A bounded wait for what a real daemon does: the only way a scenario waits. */
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '#base/clock.ts';

const pauseMs = 50;

/** What a probe says: true when it is there, otherwise what was seen instead. */
export type Seen = true | string;

/** Asks `probe` until it says true; throws with what was last seen once `deadlineMs` have passed. */
export async function waitFor(
  description: string,
  probe: () => Seen | Promise<Seen>,
  { deadlineMs }: { readonly deadlineMs: number },
): Promise<void> {
  const deadline = monotonicMs() + deadlineMs;
  for (;;) {
    const seen = await probe();
    if (seen === true) return;
    if (monotonicMs() > deadline) throw new Error(`waited ${deadlineMs} ms for ${description}; last seen: ${seen}`);
    await sleep(pauseMs);
  }
}
