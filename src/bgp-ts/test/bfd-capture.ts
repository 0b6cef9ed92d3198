/** Reads BFD packets over IPv4 from a capture of tcpdump (the classic pcap format, microseconds, Ethernet). */

/** One captured BFD packet. */
export interface CapturedBfd {
  readonly timeMs: number;
  readonly ttl: number;
  readonly sourcePort: number;
  /** Sta: 3 is up. */
  readonly state: number;
  readonly isPoll: boolean;
  readonly isFinal: boolean;
}

const fileHeaderBytes = 24;
const recordHeaderBytes = 16;
const ethernetBytes = 14;
const udpAt = ethernetBytes + 20;
const bfdAt = udpAt + 8;

/** All whole packets of a capture. */
export function readCapture(bytes: Buffer): readonly CapturedBfd[] {
  const packets: CapturedBfd[] = [];
  let at = fileHeaderBytes;
  while (at + recordHeaderBytes <= bytes.length) {
    const length = bytes.readUInt32LE(at + 8);
    const frame = bytes.subarray(at + recordHeaderBytes, at + recordHeaderBytes + length);
    if (frame.length < length) break;
    const flags = frame.readUInt8(bfdAt + 1);
    packets.push({
      timeMs: bytes.readUInt32LE(at) * 1000 + bytes.readUInt32LE(at + 4) / 1000,
      ttl: frame.readUInt8(ethernetBytes + 8),
      sourcePort: frame.readUInt16BE(udpAt),
      state: flags >> 6,
      isPoll: (flags & 0x20) !== 0,
      isFinal: (flags & 0x10) !== 0,
    });
    at += recordHeaderBytes + length;
  }
  return packets;
}
