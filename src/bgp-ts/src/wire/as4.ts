/**
 * AS numbers of four octets beside peers that have only two (RFC 6793 §4.2): puts AS_PATH and AS4_PATH together on the way
 * in, takes them apart on the way out, and the same for AGGREGATOR.
 */
import type { AsPathSegment } from './as-path.ts';
import { isConfederation, maxSegmentAsns, pathLength } from './as-path.ts';
import type { PathAttribute } from './attributes.ts';
import { findAttribute } from './attributes.ts';
import { asTrans } from './constants.ts';

/** The attributes with the true AS_PATH and AGGREGATOR, and without AS4_PATH and AS4_AGGREGATOR (§4.2.3). */
export function mergeAs4(attributes: readonly PathAttribute[]): readonly PathAttribute[] {
  const aggregator = findAttribute(attributes, 'aggregator');
  const as4Aggregator = findAttribute(attributes, 'as4Aggregator');
  const as4Path = findAttribute(attributes, 'as4Path');
  // Somebody on the way aggregated anew and knew nothing of the long numbers: both say nothing any more.
  const isStale = as4Aggregator !== undefined && aggregator !== undefined && aggregator.asn !== asTrans;
  return attributes.flatMap((attribute): readonly PathAttribute[] => {
    switch (attribute.kind) {
      case 'as4Path':
      case 'as4Aggregator':
        return [];
      case 'asPath': {
        const longPath = isStale ? undefined : as4Path?.segments;
        return [longPath === undefined ? attribute : { kind: 'asPath', segments: join(attribute.segments, longPath) }];
      }
      case 'aggregator':
        return [as4Aggregator === undefined || isStale ? attribute : { ...as4Aggregator, kind: 'aggregator' }];
      default:
        return [attribute];
    }
  });
}

/**
 * The attributes as a peer with two octets needs them: with AS4_PATH and AS4_AGGREGATOR where a number does not fit
 * (§4.2.2). AS_TRANS is written in its place by the encoder.
 */
export function splitAs4(attributes: readonly PathAttribute[]): readonly PathAttribute[] {
  const isLong = (asn: number): boolean => asn > 0xffff;
  return attributes.flatMap((attribute): readonly PathAttribute[] => {
    if (attribute.kind === 'aggregator' && isLong(attribute.asn)) {
      return [attribute, { ...attribute, kind: 'as4Aggregator' }];
    }
    if (attribute.kind !== 'asPath' || !attribute.segments.some(({ asns }) => asns.some(isLong))) return [attribute];
    const segments = attribute.segments.filter((segment) => !isConfederation(segment));
    return segments.length === 0 ? [attribute] : [attribute, { kind: 'as4Path', segments }];
  });
}

/** The leading part of the short path that the long one lacks, then the long one. */
function join(short: readonly AsPathSegment[], long: readonly AsPathSegment[]): readonly AsPathSegment[] {
  const missing = pathLength(short) - pathLength(long);
  return missing < 0 ? short : mergeSequences([...leading(short, missing), ...long]);
}

/** The first `count` ASes, with confederation segments that lead or are next to what is taken. */
function leading(segments: readonly AsPathSegment[], count: number): readonly AsPathSegment[] {
  const taken: AsPathSegment[] = [];
  let left = count;
  for (const segment of segments) {
    if (isConfederation(segment)) {
      taken.push(segment);
      continue;
    }
    if (left === 0) break;
    const asns = segment.kind === 'set' ? segment.asns : segment.asns.slice(0, left);
    taken.push({ kind: segment.kind, asns });
    left -= pathLength([{ kind: segment.kind, asns }]);
  }
  return taken;
}

/** Joins neighbouring sequences, as far as one segment holds them. */
function mergeSequences(segments: readonly AsPathSegment[]): readonly AsPathSegment[] {
  const merged: AsPathSegment[] = [];
  for (const segment of segments) {
    const last = merged.at(-1);
    const fits =
      last?.kind === 'sequence' &&
      segment.kind === 'sequence' &&
      last.asns.length + segment.asns.length <= maxSegmentAsns;
    if (fits) merged[merged.length - 1] = { kind: 'sequence', asns: [...last.asns, ...segment.asns] };
    else merged.push(segment);
  }
  return merged;
}
