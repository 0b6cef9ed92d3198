/**
 * The Prefix-SID attribute: label index and originator SRGB (RFC 8669 §3), SRv6 services (RFC 9252 §2, §3). Reserved
 * fields and flags without a meaning are ignored and written as zero; TLVs without a meaning here are kept as they came.
 */
import type { Address } from './address.ts';
import { addressBytes, formatAddress } from './address.ts';
import { ByteReader, concatBytes, uint16Bytes, uint32Bytes } from './bytes.ts';
import type { Tlv } from './tlv.ts';
import { readTlvs } from './tlv.ts';

/** One SRv6 SID of a service. */
export interface Srv6Sid {
  readonly kind: 'sid';
  readonly sid: Address;
  readonly flags: number;
  /** A number of the IANA registry of SRv6 endpoint behaviours. */
  readonly endpointBehavior: number;
  /** Sub-sub-TLVs; type 1 is the structure of the SID in six octets (RFC 9252 §3.2.1). */
  readonly details: readonly Tlv[];
}

/** A TLV of the attribute. */
export type PrefixSidTlv =
  | { readonly kind: 'labelIndex'; readonly labelIndex: number }
  /** Ranges of labels, each number of 24 bits. */
  | { readonly kind: 'originatorSrgb'; readonly ranges: readonly { readonly base: number; readonly size: number }[] }
  | {
      readonly kind: 'srv6Service';
      readonly layer: 2 | 3;
      readonly items: readonly (Srv6Sid | ({ readonly kind: 'unknown' } & Tlv))[];
    }
  | ({ readonly kind: 'unknown' } & Tlv);

/** Prefix-SID. */
export interface PrefixSidAttribute {
  readonly kind: 'prefixSid';
  readonly tlvs: readonly PrefixSidTlv[];
}

const tlvType = { labelIndex: 1, originatorSrgb: 3, l3Service: 5, l2Service: 6 } as const;
const sidSubTlv = 1;
const layout = { typeBytes: 1, lengthBytes: 2 } as const;

/** Octets of the SID information before its sub-sub-TLVs. */
const sidFixedBytes = 21;

/** Reads the value; the sentence says what is wrong with it. */
export function decodePrefixSid(value: Uint8Array): PrefixSidAttribute | string {
  const raw = readTlvs(new ByteReader(value), layout);
  if (raw === undefined) return 'PREFIX_SID has a TLV that is cut short';
  if (raw.length === 0) return 'PREFIX_SID is empty';
  const tlvs: PrefixSidTlv[] = [];
  for (const tlv of raw) {
    const decoded = decodeTlv(tlv);
    if (decoded === undefined) return `PREFIX_SID has a malformed TLV of type ${tlv.type}, ${tlv.bytes.length} bytes`;
    tlvs.push(decoded);
  }
  return { kind: 'prefixSid', tlvs };
}

function decodeTlv(tlv: Tlv): PrefixSidTlv | undefined {
  const reader = new ByteReader(tlv.bytes);
  switch (tlv.type) {
    case tlvType.labelIndex:
      if (reader.remaining !== 7) return undefined;
      reader.readBytes(3);
      return { kind: 'labelIndex', labelIndex: reader.readUint32() };
    case tlvType.originatorSrgb:
      return decodeSrgb(reader);
    case tlvType.l3Service:
    case tlvType.l2Service:
      return decodeService(reader, tlv.type === tlvType.l3Service ? 3 : 2);
    default:
      return { kind: 'unknown', ...tlv };
  }
}

function decodeSrgb(reader: ByteReader): PrefixSidTlv | undefined {
  if (reader.remaining < 8 || (reader.remaining - 2) % 6 !== 0) return undefined;
  reader.readUint16();
  const readUint24 = (): number => reader.readUint8() * 0x1_0000 + reader.readUint16();
  const ranges = Array.from({ length: reader.remaining / 6 }, () => ({ base: readUint24(), size: readUint24() }));
  return { kind: 'originatorSrgb', ranges };
}

function decodeService(reader: ByteReader, layer: 2 | 3): PrefixSidTlv | undefined {
  if (reader.remaining < 1) return undefined;
  reader.readUint8();
  const items = readTlvs(reader, layout)?.map((item) =>
    item.type === sidSubTlv ? decodeSid(item.bytes) : ({ kind: 'unknown', ...item } as const),
  );
  const known = items?.filter((item) => item !== undefined);
  return known === undefined || known.length !== items?.length
    ? undefined
    : { kind: 'srv6Service', layer, items: known };
}

function decodeSid(bytes: Uint8Array): Srv6Sid | undefined {
  if (bytes.length < sidFixedBytes) return undefined;
  const reader = new ByteReader(bytes);
  reader.readUint8();
  const sid = formatAddress(reader.readBytes(16));
  const flags = reader.readUint8();
  const endpointBehavior = reader.readUint16();
  reader.readUint8();
  const details = readTlvs(reader, layout);
  return details === undefined ? undefined : { kind: 'sid', sid, flags, endpointBehavior, details };
}

/** Writes the value. */
export function encodePrefixSid(attribute: PrefixSidAttribute): Uint8Array {
  return concatBytes(attribute.tlvs.map(tlvOf).map(encodeTlv));
}

function tlvOf(tlv: PrefixSidTlv): Tlv {
  switch (tlv.kind) {
    case 'labelIndex':
      return { type: tlvType.labelIndex, bytes: concatBytes([new Uint8Array(3), uint32Bytes(tlv.labelIndex)]) };
    case 'originatorSrgb': {
      const numbers = tlv.ranges.flatMap(({ base, size }) => [base, size]);
      const bytes = concatBytes([new Uint8Array(2), ...numbers.map((number) => uint32Bytes(number).subarray(1))]);
      return { type: tlvType.originatorSrgb, bytes };
    }
    case 'srv6Service': {
      const items = tlv.items.map((item) => encodeTlv(item.kind === 'sid' ? sidTlv(item) : item));
      const type = tlv.layer === 3 ? tlvType.l3Service : tlvType.l2Service;
      return { type, bytes: concatBytes([new Uint8Array(1), ...items]) };
    }
    default:
      return tlv;
  }
}

function sidTlv(item: Srv6Sid): Tlv {
  const fixed = [Uint8Array.of(0), addressBytes(item.sid), Uint8Array.of(item.flags)];
  const behavior = [uint16Bytes(item.endpointBehavior), Uint8Array.of(0)];
  return { type: sidSubTlv, bytes: concatBytes([...fixed, ...behavior, ...item.details.map(encodeTlv)]) };
}

function encodeTlv({ type, bytes }: Tlv): Uint8Array {
  return concatBytes([Uint8Array.of(type), uint16Bytes(bytes.length), bytes]);
}
