/** Whether draws follow shares: Pearson's chi-square test with a limit that chance passes once in a million runs. */

/** The quantile of the normal distribution for one in a million. */
const normalQuantile = 4.7534;

/** Pearson's sum for counts of draws against the shares that they should have; a draw of share 0 makes it infinite. */
export function chiSquare(counts: readonly number[], shares: readonly number[]): number {
  const draws = counts.reduce((sum, count) => sum + count, 0);
  const whole = shares.reduce((sum, share) => sum + share, 0);
  return shares.reduce((sum, share, index) => {
    const expected = (draws * share) / whole;
    const count = counts[index] ?? 0;
    if (expected === 0) return count === 0 ? sum : Infinity;
    return sum + (count - expected) ** 2 / expected;
  }, 0);
}

/** The limit of the sum for so many outcomes of a share above 0 (Wilson and Hilferty's approximation). */
export function chiSquareLimit(outcomes: number): number {
  const degrees = outcomes - 1;
  if (degrees === 0) return 0;
  const spread = 2 / (9 * degrees);
  return degrees * (1 - spread + normalQuantile * Math.sqrt(spread)) ** 3;
}

/** Why draws do not follow the shares of the outcomes; undefined where they may. */
export function deviation(draws: readonly string[], shares: ReadonlyMap<string, number>): string | undefined {
  const stranger = draws.find((draw) => !shares.has(draw));
  if (stranger !== undefined) return `${stranger} is none of ${[...shares.keys()].join(', ')}`;
  const counts = [...shares.keys()].map((outcome) => draws.filter((draw) => draw === outcome).length);
  const sum = chiSquare(counts, [...shares.values()]);
  const limit = chiSquareLimit([...shares.values()].filter((share) => share > 0).length);
  return sum <= limit ? undefined : `chi-square ${sum.toFixed(1)} over ${limit.toFixed(1)}: ${counts.join(', ')}`;
}
