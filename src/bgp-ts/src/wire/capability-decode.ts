/**
 * Reads the value of one capability. A value of a wrong length is a fault of the OPEN (2/0, RFC 4271 §6.2), save in those
 * that only name things or that no RFC defines yet: they are kept as bytes then.
 */
import { ByteReader } from './bytes.ts';
import type { Capability } from './capabilities.ts';
import { capabilityCode, errorCode, openSubcode } from './constants.ts';
import { noData, WireFault } from './fault.ts';

/** Reads one value to its end; throws `WireFault` or `Truncated`. */
export function decodeCapability(code: number, value: ByteReader): Capability {
  switch (code) {
    case capabilityCode.multiprotocol: {
      requireLength(value, 4, 'multiprotocol');
      const afi = value.readUint16();
      value.readUint8();
      return { kind: 'multiprotocol', afi, safi: value.readUint8() };
    }
    case capabilityCode.routeRefresh:
      return decodeFlag(value, 'routeRefresh');
    case capabilityCode.extendedMessage:
      return decodeFlag(value, 'extendedMessage');
    case capabilityCode.enhancedRouteRefresh:
      return decodeFlag(value, 'enhancedRouteRefresh');
    case capabilityCode.fourOctetAs:
      requireLength(value, 4, '4-octet AS');
      return { kind: 'fourOctetAs', asn: value.readUint32() };
    case capabilityCode.role:
      requireLength(value, 1, 'role');
      return { kind: 'role', role: value.readUint8() };
    case capabilityCode.bgpsec:
      return decodeBgpsec(value);
    case capabilityCode.gracefulRestart:
      return decodeGracefulRestart(value);
    default:
      return decodeListOrText(code, value);
  }
}

function decodeListOrText(code: number, value: ByteReader): Capability {
  switch (code) {
    case capabilityCode.extendedNextHop:
      return { kind: 'extendedNextHop', families: decodeEntries(value, 6, 'extended next hop', readNextHopFamily) };
    case capabilityCode.addPath:
      return { kind: 'addPath', families: decodeAddPath(value) };
    case capabilityCode.longLivedGracefulRestart:
      return {
        kind: 'longLivedGracefulRestart',
        families: decodeEntries(value, 7, 'long-lived graceful restart', readLongLivedFamily),
      };
    case capabilityCode.multipleLabels:
      return {
        kind: 'multipleLabels',
        families: decodeEntries(value, 4, 'multiple labels', (reader) => ({
          ...readFamily(reader),
          count: reader.readUint8(),
        })),
      };
    case capabilityCode.outboundRouteFilter:
      return decodeRouteFilters(value);
    default:
      return decodeLeniently(code, value.readRest());
  }
}

function decodeFlag(value: ByteReader, kind: 'routeRefresh' | 'extendedMessage' | 'enhancedRouteRefresh'): Capability {
  requireLength(value, 0, kind);
  return { kind };
}

function decodeBgpsec(value: ByteReader): Capability {
  requireLength(value, 3, 'BGPsec');
  const first = value.readUint8();
  return { kind: 'bgpsec', version: first >> 4, canSend: (first & 0x08) !== 0, afi: value.readUint16() };
}

function decodeGracefulRestart(value: ByteReader): Capability {
  if (value.remaining < 2) throw malformed(`graceful restart capability has ${value.remaining} bytes`);
  const first = value.readUint16();
  const families = decodeEntries(value, 4, 'graceful restart', (reader) => ({
    ...readFamily(reader),
    isForwardingPreserved: (reader.readUint8() & 0x80) !== 0,
  }));
  return {
    kind: 'gracefulRestart',
    isRestarting: (first & 0x8000) !== 0,
    hasNotification: (first & 0x4000) !== 0,
    restartTimeSeconds: first & 0x0fff,
    families,
  };
}

/** RFC 7911 §4: an entry that says neither receive nor send, or something else, is ignored. */
function decodeAddPath(value: ByteReader): Extract<Capability, { readonly kind: 'addPath' }>['families'] {
  const entries = decodeEntries(value, 4, 'add-path', (reader) => ({
    family: readFamily(reader),
    mode: reader.readUint8(),
  }));
  return entries
    .filter(({ mode }) => mode >= 1 && mode <= 3)
    .map(({ family, mode }) => ({ ...family, canReceive: (mode & 1) !== 0, canSend: (mode & 2) !== 0 }));
}

function decodeRouteFilters(value: ByteReader): Capability {
  const families = [];
  while (value.remaining > 0) {
    const afi = value.readUint16();
    value.readUint8();
    const safi = value.readUint8();
    const filters = value.readBlock(value.readUint8() * 2);
    families.push({
      afi,
      safi,
      filters: decodeEntries(filters, 2, 'outbound route filter', (reader) => ({
        type: reader.readUint8(),
        mode: reader.readUint8(),
      })),
    });
  }
  return { kind: 'outboundRouteFilter', families };
}

function decodeLeniently(code: number, bytes: Uint8Array): Capability {
  const known = decodeKnown(code, bytes);
  return known ?? { kind: 'unknown', code, bytes: bytes.slice() };
}

function decodeKnown(code: number, bytes: Uint8Array): Capability | undefined {
  switch (code) {
    case capabilityCode.softwareVersion: {
      const version = lengthAndText(bytes);
      return version?.rest.length === 0 ? { kind: 'softwareVersion', version: version.text } : undefined;
    }
    case capabilityCode.hostName: {
      const host = lengthAndText(bytes);
      const domain = host === undefined ? undefined : lengthAndText(host.rest);
      if (host === undefined || domain?.rest.length !== 0) return undefined;
      return { kind: 'hostName', host: host.text, domain: domain.text };
    }
    case capabilityCode.pathsLimit:
      if (bytes.length % 5 !== 0) return undefined;
      return { kind: 'pathsLimit', families: decodeEntries(new ByteReader(bytes), 5, 'paths limit', readPathsLimit) };
    case capabilityCode.linkLocalNextHop:
      return bytes.length === 0 ? { kind: 'linkLocalNextHop' } : undefined;
    default:
      return undefined;
  }
}

function readPathsLimit(reader: ByteReader): { afi: number; safi: number; count: number } {
  return { ...readFamily(reader), count: reader.readUint16() };
}

/** A length octet and UTF-8; undefined where it is not so. */
function lengthAndText(bytes: Uint8Array): { readonly text: string; readonly rest: Uint8Array } | undefined {
  const length = bytes[0];
  if (length === undefined || length > bytes.length - 1) return undefined;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(1, 1 + length));
    return { text, rest: bytes.subarray(1 + length) };
  } catch {
    return undefined;
  }
}

function readFamily(reader: ByteReader): { readonly afi: number; readonly safi: number } {
  const afi = reader.readUint16();
  return { afi, safi: reader.readUint8() };
}

function readNextHopFamily(reader: ByteReader): { afi: number; safi: number; nextHopAfi: number } {
  const afi = reader.readUint16();
  const safi = reader.readUint16();
  return { afi, safi, nextHopAfi: reader.readUint16() };
}

function readLongLivedFamily(reader: ByteReader): {
  afi: number;
  safi: number;
  isForwardingPreserved: boolean;
  staleTimeSeconds: number;
} {
  const family = readFamily(reader);
  const isForwardingPreserved = (reader.readUint8() & 0x80) !== 0;
  return { ...family, isForwardingPreserved, staleTimeSeconds: reader.readUint8() * 0x1_0000 + reader.readUint16() };
}

function decodeEntries<Entry>(
  value: ByteReader,
  entryBytes: number,
  name: string,
  read: (reader: ByteReader) => Entry,
): readonly Entry[] {
  if (value.remaining % entryBytes !== 0) {
    throw malformed(`${name} capability has ${value.remaining} bytes, expected a multiple of ${entryBytes}`);
  }
  return Array.from({ length: value.remaining / entryBytes }, () => read(value));
}

function requireLength(value: ByteReader, byteCount: number, name: string): void {
  if (value.remaining === byteCount) return;
  throw malformed(`${name} capability has ${value.remaining} bytes, expected ${byteCount}`);
}

function malformed(reason: string): WireFault {
  return new WireFault({ code: errorCode.open, subcode: openSubcode.unspecific, data: noData, reason });
}
