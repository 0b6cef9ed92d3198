/**
 * The OPEN message (RFC 4271 §4.2) with extended optional parameters (RFC 9072), written only where the short form has no
 * room. Judges only the form; whether AS, identifier and hold time are acceptable is the session's decision.
 */
import type { Result } from '../result.ts';
import { refuse, succeed } from '../result.ts';
import { ByteReader, ByteWriter, Truncated, uint16Bytes } from './bytes.ts';
import type { Capability } from './capabilities.ts';
import { decodeCapabilities, encodeCapabilities } from './capabilities.ts';
import { bgpVersion, errorCode, messageType, openSubcode } from './constants.ts';
import type { MessageFault } from './fault.ts';
import { noData, WireFault } from './fault.ts';
import { addressBytes, formatAddress } from './address.ts';
import type { Address } from './address.ts';
import { encodeFrame } from './framer.ts';

/** An OPEN message. */
export interface OpenMessage {
  readonly kind: 'open';
  /** The 2-octet field: AS_TRANS where the AS number needs four octets. */
  readonly myAs: number;
  readonly holdTimeSeconds: number;
  /** BGP Identifier, written like an IPv4 address. */
  readonly identifier: Address;
  readonly capabilities: readonly Capability[];
}

const capabilitiesParameter = 2;
const extendedMarker = 255;

/** So many bytes of capabilities fit the short form: 255 less the parameter's type and length. */
const mostShortBytes = 253;

/** Reads the body of an OPEN; the fault carries its NOTIFICATION (RFC 4271 §6.2). */
export function decodeOpen(body: Uint8Array): Result<OpenMessage, MessageFault> {
  try {
    const reader = new ByteReader(body);
    const version = reader.readUint8();
    if (version !== bgpVersion) {
      const reason = `BGP version ${version} is not supported, expected ${bgpVersion}`;
      throw openFault(openSubcode.unsupportedVersion, uint16Bytes(bgpVersion), reason);
    }
    const myAs = reader.readUint16();
    const holdTimeSeconds = reader.readUint16();
    const identifier = formatAddress(reader.readBytes(4));
    const capabilities = decodeParameters(reader);
    return succeed({ kind: 'open', myAs, holdTimeSeconds, identifier, capabilities });
  } catch (error) {
    if (error instanceof WireFault) return refuse(error.fault);
    if (!(error instanceof Truncated)) throw error;
    return refuse(openFault(openSubcode.unspecific, noData, `OPEN is cut short: ${error.message}`).fault);
  }
}

function decodeParameters(reader: ByteReader): readonly Capability[] {
  const shortLength = reader.readUint8();
  const rest = reader.readRest();
  // RFC 9072 §2: the type decides; the length before it is 255 by custom, and 0 means that there are none.
  const isExtended = shortLength !== 0 && rest[0] === extendedMarker;
  const parameters = new ByteReader(isExtended ? rest.subarray(1) : rest);
  const length = isExtended ? parameters.readUint16() : shortLength;
  if (length !== parameters.remaining) {
    const reason = `optional parameters say ${length} bytes, the message has ${parameters.remaining}`;
    throw openFault(openSubcode.unspecific, noData, reason);
  }
  const capabilities: Capability[] = [];
  while (parameters.remaining > 0) {
    const type = parameters.readUint8();
    const value = parameters.readBlock(isExtended ? parameters.readUint16() : parameters.readUint8());
    if (type !== capabilitiesParameter) {
      throw openFault(openSubcode.unsupportedParameter, noData, `optional parameter ${type} is unknown`);
    }
    for (const capability of decodeCapabilities(value)) capabilities.push(capability);
  }
  return capabilities;
}

function openFault(subcode: number, data: Uint8Array, reason: string): WireFault {
  return new WireFault({ code: errorCode.open, subcode, data, reason });
}

/** Writes a whole OPEN message; all capabilities go into one optional parameter. It must fit 4096 bytes. */
export function encodeOpen(open: OpenMessage): Uint8Array {
  const capabilities = encodeCapabilities(open.capabilities);
  const writer = new ByteWriter();
  writer.writeUint8(bgpVersion);
  writer.writeUint16(open.myAs);
  writer.writeUint16(open.holdTimeSeconds);
  writer.writeBytes(addressBytes(open.identifier));
  if (capabilities.length > mostShortBytes) writeExtendedParameters(writer, capabilities);
  else writeShortParameters(writer, capabilities);
  return encodeFrame(messageType.open, writer.finish());
}

function writeShortParameters(writer: ByteWriter, capabilities: Uint8Array): void {
  writer.writeUint8(capabilities.length === 0 ? 0 : capabilities.length + 2);
  if (capabilities.length === 0) return;
  writer.writeUint8(capabilitiesParameter);
  writer.writeUint8(capabilities.length);
  writer.writeBytes(capabilities);
}

function writeExtendedParameters(writer: ByteWriter, capabilities: Uint8Array): void {
  writer.writeUint8(extendedMarker);
  writer.writeUint8(extendedMarker);
  writer.writeUint16(capabilities.length + 3);
  writer.writeUint8(capabilitiesParameter);
  writer.writeUint16(capabilities.length);
  writer.writeBytes(capabilities);
}
