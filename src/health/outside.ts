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

/** Merges the views of the sane vantages; the caller leaves out the others. */
export function viewOutside(views: readonly VantageView[]): Outside {
  if (views.length === 0) {
    return { kind: 'blind', overrules: false, changePending: false, reason: 'no sane vantage sees it' };
  }
  const failing = views.filter((view) => view.state === 'fail');
  const sure = failing.filter((view) => view.failingRounds >= overrulingRounds);
  const isMajority = (count: number): boolean => count * 2 > views.length;
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
