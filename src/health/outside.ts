/**
 * What the vantages say of a subject: probes of sane vantages, merged by majority (R4, R5).
 *
 * A single sane vantage is a majority of one: with two sites there is never more. No sane vantage is `blind`.
 */

/** One vantage's view of one check. */
export interface VantageView {
  readonly vantage: string;
  readonly state: 'pass' | 'fail';
  /** Trusted fails in a row until now. */
  readonly failingRounds: number;
  readonly reason: string;
}

/** What the outside says. */
export interface Outside {
  readonly kind: 'pass' | 'fail' | 'blind';
  /** A majority failed three rounds in a row: enough to overrule a fresh inside `up` (R4). */
  readonly overrules: boolean;
  /** Some vantage's last round disagrees with `kind`. */
  readonly changePending: boolean;
  readonly reason: string;
}

/** Failing rounds in a row that overrule a fresh inside `up` (R4). */
export const overrulingRounds = 3;

/**
 * Merges the views of the sane vantages; the caller leaves out the others. `vantageCount` counts also those that are
 * sane and have no view yet, such as one that has just been cut off: a failure is only as sure as a majority of all.
 */
export function viewOutside(views: readonly VantageView[], vantageCount: number): Outside {
  const failing = views.filter((view) => view.state === 'fail');
  const sure = failing.filter((view) => view.failingRounds >= overrulingRounds);
  const isMajority = (count: number): boolean => count * 2 > vantageCount;
  if (failing.length === views.length && !isMajority(failing.length)) {
    return { kind: 'blind', overrules: false, changePending: views.length > 0, reason: blindReason(views) };
  }
  const kind = isMajority(failing.length) ? 'fail' : 'pass';
  const agreeing = kind === 'fail' ? failing : views.filter((view) => view.state === 'pass');
  const named = agreeing.map((view) => view.vantage).join(', ');
  const reason =
    kind === 'fail'
      ? `probes from ${named} fail: ${failing[0]?.reason ?? ''}`
      : `probes from ${named} pass (${agreeing.length}/${views.length})`;
  const changePending = views.some((view) => (kind === 'pass' ? view.failingRounds > 0 : view.failingRounds === 0));
  return { kind, overrules: isMajority(sure.length), changePending, reason };
}

function blindReason(failing: readonly VantageView[]): string {
  const [first] = failing;
  if (first === undefined) return 'no sane vantage sees it';
  return `probes from ${failing.map((view) => view.vantage).join(', ')} fail, which is no majority: ${first.reason}`;
}
