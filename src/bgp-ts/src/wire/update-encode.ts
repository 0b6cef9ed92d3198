/** The UPDATE message as a value, its encoder, and End-of-RIB (RFC 4271 §4.3, RFC 4724 §2). */
import type { Prefix } from './address.ts';
import { encodeAttributes } from './attribute-encode.ts';
import type { PathAttribute } from './attributes.ts';
import { ByteWriter } from './bytes.ts';
import { messageType } from './constants.ts';
import type { Family } from './family.ts';
import { familyCode, familyOfCode } from './family.ts';
import { encodeFrame } from './framer.ts';
import { encodePrefixes } from './nlri.ts';

/** An UPDATE. IPv4 prefixes are in `withdrawn` and `announced`, those of other families in their attributes. */
export interface UpdateMessage {
  readonly kind: 'update';
  readonly withdrawn: readonly Prefix[];
  readonly attributes: readonly PathAttribute[];
  readonly announced: readonly Prefix[];
}

/** Writes a whole UPDATE message; it must fit 4096 bytes. */
export function encodeUpdate(update: UpdateMessage, fourOctetAs: boolean): Uint8Array {
  const withdrawn = encodePrefixes(update.withdrawn);
  const attributes = encodeAttributes(update.attributes, fourOctetAs);
  const writer = new ByteWriter();
  writer.writeUint16(withdrawn.length);
  writer.writeBytes(withdrawn);
  writer.writeUint16(attributes.length);
  writer.writeBytes(attributes);
  writer.writeBytes(encodePrefixes(update.announced));
  return encodeFrame(messageType.update, writer.finish());
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
