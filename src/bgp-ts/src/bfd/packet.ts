/**
 * BFD Control packets (RFC 5880 §4.1): reads into and writes from memory that is there already, so that a packet costs
 * no garbage. Holds the checks of §6.8.6 that need no session. No authentication (§4.2): the A bit is told, its section
 * is not read.
 */

/** Octets of a packet without authentication section. */
export const controlPacketBytes = 24;

/** Codes of the Sta field. */
export const bfdState = { adminDown: 0, down: 1, init: 2, up: 3 } as const;
export type BfdState = (typeof bfdState)[keyof typeof bfdState];

/** Codes of the Diag field. */
export const bfdDiagnostic = {
  none: 0,
  detectionTimeExpired: 1,
  echoFailed: 2,
  neighborSignaledDown: 3,
  forwardingPlaneReset: 4,
  pathDown: 5,
  concatenatedPathDown: 6,
  administrativelyDown: 7,
  reverseConcatenatedPathDown: 8,
} as const;

/** Fields of a packet; one such object is filled again and again. Intervals in microseconds, as on the wire. */
export interface ControlPacket {
  diagnostic: number;
  state: BfdState;
  isPoll: boolean;
  isFinal: boolean;
  isAuthenticated: boolean;
  isDemand: boolean;
  multiplier: number;
  /** 1 to 2^32 − 1. */
  myDiscriminator: number;
  /** 0 while the sender does not know ours. */
  yourDiscriminator: number;
  desiredMinTxMicroseconds: number;
  requiredMinRxMicroseconds: number;
}

/** Why a packet is dropped: the first check of §6.8.6 that it fails. */
export type ControlPacketFault =
  | 'version is not 1'
  | 'length is too small'
  | 'length is more than what came'
  | 'detect multiplier is 0'
  | 'multipoint bit is set'
  | 'my discriminator is 0'
  | 'your discriminator is 0 in state Init or Up';

/** Makes the object that `readControlPacket` fills. */
export function emptyControlPacket(): ControlPacket {
  return {
    diagnostic: 0,
    state: bfdState.down,
    isPoll: false,
    isFinal: false,
    isAuthenticated: false,
    isDemand: false,
    multiplier: 0,
    myDiscriminator: 0,
    yourDiscriminator: 0,
    desiredMinTxMicroseconds: 0,
    requiredMinRxMicroseconds: 0,
  };
}

const versionBits = 1 << 5;
const flag = { poll: 0x20, final: 0x10, authenticated: 0x04, demand: 0x02, multipoint: 0x01 } as const;
const minAuthenticatedBytes = 26;

/** Reads `bytes` (the payload of a datagram) into `packet`; after a fault the fields are of no use (RFC 5880 §6.8.6). */
export function readControlPacket(bytes: Uint8Array, packet: ControlPacket): ControlPacketFault | undefined {
  const flags = octet(bytes, 1);
  const length = octet(bytes, 3);
  if (octet(bytes, 0) >> 5 !== 1) return 'version is not 1';
  const isAuthenticated = (flags & flag.authenticated) !== 0;
  if (length < (isAuthenticated ? minAuthenticatedBytes : controlPacketBytes)) return 'length is too small';
  if (length > bytes.length) return 'length is more than what came';
  packet.multiplier = octet(bytes, 2);
  if (packet.multiplier === 0) return 'detect multiplier is 0';
  if ((flags & flag.multipoint) !== 0) return 'multipoint bit is set';
  packet.myDiscriminator = word(bytes, 4);
  if (packet.myDiscriminator === 0) return 'my discriminator is 0';
  packet.yourDiscriminator = word(bytes, 8);
  packet.state = stateOfBits(flags >> 6);
  if (packet.yourDiscriminator === 0 && packet.state >= bfdState.init) {
    return 'your discriminator is 0 in state Init or Up';
  }
  packet.diagnostic = octet(bytes, 0) & 0x1f;
  packet.isPoll = (flags & flag.poll) !== 0;
  packet.isFinal = (flags & flag.final) !== 0;
  packet.isAuthenticated = isAuthenticated;
  packet.isDemand = (flags & flag.demand) !== 0;
  packet.desiredMinTxMicroseconds = word(bytes, 12);
  packet.requiredMinRxMicroseconds = word(bytes, 16);
  return undefined;
}

/** Writes the 24 octets of a packet without authentication; C, D and M are clear, Required Min Echo RX is 0. */
export function writeControlPacket(packet: ControlPacket, bytes: Uint8Array): void {
  bytes[0] = versionBits | packet.diagnostic;
  bytes[1] = (packet.state << 6) | (packet.isPoll ? flag.poll : 0) | (packet.isFinal ? flag.final : 0);
  bytes[2] = packet.multiplier;
  bytes[3] = controlPacketBytes;
  setWord(bytes, 4, packet.myDiscriminator);
  setWord(bytes, 8, packet.yourDiscriminator);
  setWord(bytes, 12, packet.desiredMinTxMicroseconds);
  setWord(bytes, 16, packet.requiredMinRxMicroseconds);
  setWord(bytes, 20, 0);
}

const diagnosticTexts = [
  'no diagnostic',
  'control detection time expired',
  'echo function failed',
  'neighbor signaled session down',
  'forwarding plane reset',
  'path down',
  'concatenated path down',
  'administratively down',
  'reverse concatenated path down',
] as const;

/** A Diag code in words, or its number. */
export function diagnosticText(code: number): string {
  return diagnosticTexts[code] ?? `diagnostic ${code}`;
}

function stateOfBits(bits: number): BfdState {
  if (bits === bfdState.up) return bfdState.up;
  if (bits === bfdState.init) return bfdState.init;
  return bits === bfdState.down ? bfdState.down : bfdState.adminDown;
}

function octet(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

function word(bytes: Uint8Array, at: number): number {
  return (
    ((octet(bytes, at) << 24) | (octet(bytes, at + 1) << 16) | (octet(bytes, at + 2) << 8) | octet(bytes, at + 3)) >>> 0
  );
}

function setWord(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
