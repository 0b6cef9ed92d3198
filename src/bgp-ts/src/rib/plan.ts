/** What `flush` of Adj-RIB-Out would do about a prefix, for people: nothing is changed by asking. */
import type { Prefix } from '../wire/address.ts';
import { encodeAttributes } from '../wire/attribute-encode.ts';
import type { PathAttribute } from '../wire/attributes.ts';
import { equalBytes } from '../wire/bytes.ts';
import type { Entry } from './entry.ts';
import { wantedOf } from './entry.ts';
import type { ExportContext } from './export.ts';
import { exportAttributes } from './export.ts';

/** What `flush` would do about one prefix, and why. */
export type PlannedChange =
  | {
      readonly kind: 'keep' | 'announce' | 'replace';
      readonly prefix: Prefix;
      readonly attributes: readonly PathAttribute[];
      readonly reason: string;
    }
  | { readonly kind: 'withdraw'; readonly prefix: Prefix; readonly reason: string }
  /** `isTold`: the peer has an earlier route, which is withdrawn. */
  | {
      readonly kind: 'refuse';
      readonly prefix: Prefix;
      readonly refusal: string;
      readonly isTold: boolean;
      readonly reason: string;
    };

/** Plans one prefix; undefined where it is neither wanted nor told. */
export function planEntry(entry: Entry, context: ExportContext): PlannedChange | undefined {
  const { prefix, told, refusal, list } = entry;
  const wanted = wantedOf(entry);
  if (wanted === undefined) {
    if (told === undefined) return undefined;
    return { kind: 'withdraw', prefix, reason: list === undefined ? '' : entry.waitingReason };
  }
  const { reason } = wanted;
  // What was settled in this session and has not changed since needs no second export.
  if (list === undefined) {
    if (told !== undefined) return { kind: 'keep', prefix, attributes: told.exported.attributes, reason };
    if (refusal !== undefined) return { kind: 'refuse', prefix, refusal, isTold: false, reason };
  }
  const exported = exportAttributes(wanted.route, context);
  if (!exported.ok) return { kind: 'refuse', prefix, refusal: exported.fault, isTold: told !== undefined, reason };
  const attributes = exported.value;
  if (told === undefined) return { kind: 'announce', prefix, attributes, reason };
  const isSame = equalBytes(told.exported.encoded, encodeAttributes(attributes, true));
  return { kind: isSame ? 'keep' : 'replace', prefix, attributes, reason };
}
