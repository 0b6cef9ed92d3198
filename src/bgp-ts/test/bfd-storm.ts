/** A thread's worth of garbage, by turns of twenty milliseconds, until the process ends. */

/** Twenty thousand objects a turn, of which the last forty turns survive: young and old collections both have work. */
export function storm(restMs: number, kept: unknown[][] = []): void {
  kept.push(Array.from({ length: 20_000 }, (_, index) => ({ index, text: `garbage ${index}` })));
  if (kept.length > 40) kept.splice(0, 30);
  const endMs = performance.now() + 20;
  while (performance.now() < endMs) JSON.stringify(kept.at(-1)?.slice(0, 100));
  setTimeout(storm, restMs, restMs, kept);
}
