/** The UPDATE message as a value, its encoder, and End-of-RIB (RFC 4271 §4.3, RFC 4724 §2). */
import type { Prefix } from './address.ts';
import { encodeAttributes } from './attribute-encode.ts';
import type { PathAttribute } from './attributes.ts';
import { maxMessageBytes, messageType } from './constants.ts';
import type { Family } from './family.ts';
import { familyCode, familyOfCode } from './family.ts';
import { finishFrame, startFrame } from './framer.ts';
import { writePrefixes } from './nlri.ts';

/** An UPDATE. IPv4 prefixes are in `withdrawn` and `announced`, those of other families in their attributes. */
export interface UpdateMessage {
  readonly kind: 'update';
  readonly withdrawn: readonly Prefix[];
  readonly attributes: readonly PathAttribute[];
  readonly announced: readonly Prefix[];
  /** Path identifiers of `withdrawn` and `announced`, in their order; absent without add-path (RFC 7911). */
  readonly withdrawnPathIds?: readonly number[];
  readonly announcedPathIds?: readonly number[];
}

/** Writes a whole UPDATE message of at most `mostBytes`; path identifiers are written where the update has them. */
export function encodeUpdate(
  update: UpdateMessage,
  fourOctetAs: boolean,
  mostBytes: number = maxMessageBytes,
): Uint8Array {
  return encodeUpdateWith(encodeAttributes(update.attributes, fourOctetAs), update, mostBytes);
}

/** The same with attributes that are encoded already; those of `update` are not looked at. */
export function encodeUpdateWith(
  attributes: Uint8Array,
  update: Omit<UpdateMessage, 'attributes'>,
  mostBytes: number = maxMessageBytes,
): Uint8Array {
  const writer = startFrame(messageType.update);
  const lengthOffset = writer.length;
  writer.writeUint16(0);
  writePrefixes(writer, update.withdrawn, update.withdrawnPathIds);
  writer.patchUint16(lengthOffset, writer.length - lengthOffset - 2);
  writer.writeUint16(attributes.length);
  writer.writeBytes(attributes);
  writePrefixes(writer, update.announced, update.announcedPathIds);
  return finishFrame(writer, mostBytes);
}

/** The End-of-RIB marker of a family. */
export function endOfRib(family: Family): UpdateMessage {
  const nlri = { kind: 'prefixes', prefixes: [] } as const;
  const attributes: readonly PathAttribute[] =
    family === 'ipv4-unicast' ? [] : [{ kind: 'mpUnreach', ...familyCode(family), nlri }];
  return { kind: 'update', withdrawn: [], attributes, announced: [] };
}

/** The family whose End-of-RIB marker this is; undefined for any other UPDATE, or another family's marker. */
export function endOfRibFamily(update: UpdateMessage): Family | undefined {
  if (update.withdrawn.length > 0 || update.announced.length > 0 || update.attributes.length > 1) return undefined;
  const attribute = update.attributes[0];
  if (attribute === undefined) return 'ipv4-unicast';
  const isEmpty =
    attribute.kind === 'mpUnreach' && attribute.nlri.kind === 'prefixes' && attribute.nlri.prefixes.length === 0;
  return isEmpty ? familyOfCode(attribute) : undefined;
}
