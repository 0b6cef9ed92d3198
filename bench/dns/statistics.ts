/** Order statistics of small samples. */

/** The lower quartile, the median and the upper quartile; NaN of nothing. */
export interface Quartiles {
  readonly lower: number;
  readonly median: number;
  readonly upper: number;
}

/** The value below which the given share (0 to 1) of an ascending list lies, interpolated; NaN of nothing. */
export function quantile(ascending: ArrayLike<number>, share: number): number {
  const at = (ascending.length - 1) * share;
  const below = ascending[Math.floor(at)] ?? NaN;
  const above = ascending[Math.ceil(at)] ?? NaN;
  return below + (above - below) * (at - Math.floor(at));
}

/** Quartiles of values in any order; those that are no numbers are left out. */
export function quartiles(values: readonly number[]): Quartiles {
  const ascending = values.filter(Number.isFinite).toSorted((a, b) => a - b);
  return { lower: quantile(ascending, 0.25), median: quantile(ascending, 0.5), upper: quantile(ascending, 0.75) };
}
