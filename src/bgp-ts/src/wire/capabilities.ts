/**
 * Capabilities of the OPEN message (RFC 5492): multiprotocol (RFC 4760), route refresh (RFC 2918) and 4-octet AS
 * numbers (RFC 6793). Any other is kept as bytes and never is a fault.
 */
import { assertNever } from '../result.ts';
import type { ByteReader } from './bytes.ts';
import { ByteWriter, uint32Bytes } from './bytes.ts';
import { capabilityCode, errorCode, openSubcode } from './constants.ts';
import { noData, WireFault } from './fault.ts';

/** One capability. */
export type Capability =
  | { readonly kind: 'multiprotocol'; readonly afi: number; readonly safi: number }
  | { readonly kind: 'routeRefresh' }
  | { readonly kind: 'fourOctetAs'; readonly asn: number }
  | { readonly kind: 'unknown'; readonly code: number; readonly bytes: Uint8Array };

/** Reads the capabilities of one optional parameter until it ends. */
export function decodeCapabilities(reader: ByteReader): readonly Capability[] {
  const capabilities: Capability[] = [];
  while (reader.remaining > 0) {
    const code = reader.readUint8();
    const value = reader.readBlock(reader.readUint8());
    capabilities.push(decodeCapability(code, value));
  }
  return capabilities;
}

function decodeCapability(code: number, value: ByteReader): Capability {
  switch (code) {
    case capabilityCode.multiprotocol: {
      requireLength(value, 4, 'multiprotocol');
      const afi = value.readUint16();
      value.readUint8();
      return { kind: 'multiprotocol', afi, safi: value.readUint8() };
    }
    case capabilityCode.routeRefresh:
      requireLength(value, 0, 'route refresh');
      return { kind: 'routeRefresh' };
    case capabilityCode.fourOctetAs:
      requireLength(value, 4, '4-octet AS');
      return { kind: 'fourOctetAs', asn: value.readUint32() };
    default:
      return { kind: 'unknown', code, bytes: value.readRest().slice() };
  }
}

function requireLength(value: ByteReader, byteCount: number, name: string): void {
  if (value.remaining === byteCount) return;
  const reason = `${name} capability has ${value.remaining} bytes, expected ${byteCount}`;
  throw new WireFault({ code: errorCode.open, subcode: openSubcode.unspecific, data: noData, reason });
}

/** Writes capabilities as TLVs, without the optional parameter around them. */
export function encodeCapabilities(capabilities: readonly Capability[]): Uint8Array {
  const writer = new ByteWriter();
  for (const capability of capabilities) {
    const { code, value } = capabilityParts(capability);
    writer.writeUint8(code);
    writer.writeUint8(value.length);
    writer.writeBytes(value);
  }
  return writer.finish();
}

function capabilityParts(capability: Capability): { readonly code: number; readonly value: Uint8Array } {
  switch (capability.kind) {
    case 'multiprotocol': {
      const value = Uint8Array.of(capability.afi >> 8, capability.afi & 0xff, 0, capability.safi);
      return { code: capabilityCode.multiprotocol, value };
    }
    case 'routeRefresh':
      return { code: capabilityCode.routeRefresh, value: noData };
    case 'fourOctetAs':
      return { code: capabilityCode.fourOctetAs, value: uint32Bytes(capability.asn) };
    case 'unknown':
      return { code: capability.code, value: capability.bytes };
    default:
      return assertNever(capability);
  }
}
