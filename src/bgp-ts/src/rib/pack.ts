/** Packs prefixes that share their attributes into as few UPDATE messages as they fit (RFC 4271 §4.3, RFC 8654). */
import type { Prefix } from '../wire/address.ts';
import type { PathAttribute } from '../wire/attributes.ts';
import { maxExtendedMessageBytes, maxMessageBytes } from '../wire/constants.ts';
import { noData } from '../wire/fault.ts';
import type { Family } from '../wire/family.ts';
import { familyCode } from '../wire/family.ts';
import { encodedPrefixBytes } from '../wire/nlri.ts';
import type { UpdateMessage } from '../wire/update-encode.ts';
import { encodeUpdate, encodeUpdateWith } from '../wire/update-encode.ts';

/** One UPDATE on its way out, with what it says. */
export interface PackedUpdate {
  readonly bytes: Uint8Array;
  readonly announced: readonly Prefix[];
  readonly withdrawn: readonly Prefix[];
}

/** An attribute longer than 255 bytes has one more length byte than the same attribute without prefixes. */
const longLengthBytes = 1;

/** What packing depends on: the session as it was negotiated. */
export interface PackContext {
  readonly fourOctetAs: boolean;
  /** Messages may have 65535 bytes. Default false. */
  readonly extendedMessages?: boolean;
  /** IPv4 goes in the multiprotocol attributes where it can have IPv6 next hops (RFC 8950). Default false. */
  readonly extendedNextHop?: boolean;
}

/**
 * UPDATEs that announce `prefixes`, all of one family, with `attributes` as export.ts makes them; `encoded` is what these
 * are towards a peer with 4-octet AS numbers.
 */
export function packAnnouncements(
  prefixes: readonly Prefix[],
  { attributes, encoded }: { readonly attributes: readonly PathAttribute[]; readonly encoded: Uint8Array },
  context: PackContext,
): readonly PackedUpdate[] {
  const isPlain = context.fourOctetAs && !isMultiprotocol(attributes);
  // The usual case of an announcer: one prefix, and attributes that need no second encoding.
  if (prefixes.length === 1 && isPlain) {
    const bytes = encodeUpdateWith(encoded, { kind: 'update', withdrawn: [], announced: prefixes });
    return [{ bytes, announced: prefixes, withdrawn: [] }];
  }
  const build = (chunk: readonly Prefix[]): UpdateMessage => announcement(chunk, attributes);
  return pack(prefixes, build, context).map(({ bytes, chunk }) => ({ bytes, announced: chunk, withdrawn: [] }));
}

/** UPDATEs that withdraw `prefixes`, all of one family. */
export function packWithdrawals(
  prefixes: readonly Prefix[],
  family: Family,
  context: PackContext,
): readonly PackedUpdate[] {
  const isPlain = family === 'ipv4-unicast' && context.extendedNextHop !== true;
  if (prefixes.length === 1 && isPlain) {
    const bytes = encodeUpdateWith(noData, { kind: 'update', withdrawn: prefixes, announced: [] });
    return [{ bytes, announced: [], withdrawn: prefixes }];
  }
  const build = (chunk: readonly Prefix[]): UpdateMessage => withdrawal(chunk, family, isPlain);
  return pack(prefixes, build, context).map(({ bytes, chunk }) => ({ bytes, announced: [], withdrawn: chunk }));
}

function announcement(prefixes: readonly Prefix[], attributes: readonly PathAttribute[]): UpdateMessage {
  return {
    kind: 'update',
    withdrawn: [],
    attributes: attributes.map((attribute) =>
      attribute.kind === 'mpReach' ? { ...attribute, nlri: { kind: 'prefixes', prefixes } } : attribute,
    ),
    announced: isMultiprotocol(attributes) ? [] : prefixes,
  };
}

function isMultiprotocol(attributes: readonly PathAttribute[]): boolean {
  for (const { kind } of attributes) if (kind === 'mpReach') return true;
  return false;
}

function withdrawal(prefixes: readonly Prefix[], family: Family, isPlain: boolean): UpdateMessage {
  if (isPlain) return { kind: 'update', withdrawn: prefixes, attributes: [], announced: [] };
  const nlri = { kind: 'prefixes', prefixes } as const;
  return {
    kind: 'update',
    withdrawn: [],
    attributes: [{ kind: 'mpUnreach', ...familyCode(family), nlri }],
    announced: [],
  };
}

function pack(
  prefixes: readonly Prefix[],
  build: (chunk: readonly Prefix[]) => UpdateMessage,
  { fourOctetAs, extendedMessages }: PackContext,
): readonly { readonly bytes: Uint8Array; readonly chunk: readonly Prefix[] }[] {
  if (prefixes.length === 0) return [];
  const mostBytes = extendedMessages === true ? maxExtendedMessageBytes : maxMessageBytes;
  const encode = (chunk: readonly Prefix[]): Uint8Array => encodeUpdate(build(chunk), fourOctetAs, mostBytes);
  // One prefix is one message; the room for more would cost another encoding.
  if (prefixes.length === 1) return [{ bytes: encode(prefixes), chunk: prefixes }];
  const roomBytes = mostBytes - encode([]).length - longLengthBytes;
  return chunkByBytes(prefixes, roomBytes).map((chunk) => ({ bytes: encode(chunk), chunk }));
}

function chunkByBytes(prefixes: readonly Prefix[], roomBytes: number): readonly (readonly Prefix[])[] {
  const chunks: Prefix[][] = [];
  let current: Prefix[] = [];
  let usedBytes = 0;
  for (const prefix of prefixes) {
    const byteCount = encodedPrefixBytes(prefix);
    if (usedBytes + byteCount > roomBytes && current.length > 0) {
      chunks.push(current);
      current = [];
      usedBytes = 0;
    }
    current.push(prefix);
    usedBytes += byteCount;
  }
  return current.length === 0 ? chunks : [...chunks, current];
}
