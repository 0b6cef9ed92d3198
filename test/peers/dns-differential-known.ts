/** Where fairlead deliberately differs from what most of NSD, Knot and BIND answer, each with its reason. */
import { recordType } from '#dns/wire/constants.ts';
import { formatName } from '#dns/wire/name.ts';
import type { CanonicalReply } from '../conformance/canonical.ts';
import type { DifferentialQuery } from './dns-differential-queries.ts';

/** One deliberate difference. */
export interface KnownDifference {
  readonly reason: string;
  /** Whether it explains that `ours` differs from `theirs`. */
  readonly explains: (query: DifferentialQuery, ours: CanonicalReply, theirs: CanonicalReply) => boolean;
}

export const knownDifferences: readonly KnownDifference[] = [
  {
    reason:
      'a referral without all of its glue is truncated (RFC 9471 §3); NSD 4.6 and BIND 9.18 leave glue out silently',
    explains: (_, ours, theirs) =>
      isTruncatedAlone(ours, theirs) &&
      !theirs.flags.includes('AA') &&
      theirs.authority.every((line) => line.includes(' IN NS ')) &&
      // Each server of the zones' large referrals has two addresses.
      theirs.additional.length < 2 * theirs.authority.length,
  },
  {
    reason:
      'addresses of the servers that an answer to NS names are left out, as minimal responses are (RFC 1034 §3.7)',
    explains: ({ type }, ours, theirs) =>
      type === recordType.NS &&
      ours.additional.length === 0 &&
      isEqual({ ...theirs, additional: [] }, ours) &&
      theirs.additional.every((line) => theirs.answer.some((ns) => ns.endsWith(` ${line.split(' ')[0] ?? ''}`))),
  },
  {
    reason: 'how often a DNAME that leads below itself is followed is bounded by each server in its own way',
    explains: (_, ours, theirs) =>
      isAllBelow('loop.alias.example.', ours.answer) && isAllBelow('loop.alias.example.', theirs.answer),
  },
  {
    reason: 'names in data keep their case, so the question compresses them only where its case is theirs',
    explains: ({ name }, ours, theirs) => isTruncatedAlone(ours, theirs) && /[A-Z]/.test(formatName(name)),
  },
];

/** Whether only our reply says that it is truncated. */
function isTruncatedAlone(ours: CanonicalReply, theirs: CanonicalReply): boolean {
  return ours.flags.includes('TC') && !theirs.flags.includes('TC') && ours.rcode === theirs.rcode;
}

function isEqual(one: CanonicalReply, other: CanonicalReply): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Whether every owner is the name or below it. */
function isAllBelow(name: string, lines: readonly string[]): boolean {
  return lines.every((line) => line.startsWith(`${name} `) || line.split(' ')[0]?.endsWith(`.${name}`));
}
