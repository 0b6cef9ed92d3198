/** Checks what a peer's TCP connection shall be told (RFC 2385, RFC 5082, RFC 2474), and fills in what is left out. */
import type { SocketSettings } from '../socket/transport.ts';
import type { PeerSocketOptions } from './types.ts';

const maxMd5KeyBytes = 80;
const maxHops = 254;
const maxDscp = 63;
/** IFNAMSIZ of Linux without the end of the text. */
const maxDeviceBytes = 15;

/** What is wrong with the settings: a sentence that names the option and never shows a key. */
export function checkSocketOptions(options: PeerSocketOptions): string | undefined {
  const { md5Key, device, ttlSecurityHops, dscp } = options;
  const keyBytes = md5Key === undefined ? 1 : byteLength(md5Key);
  if (keyBytes < 1 || keyBytes > maxMd5KeyBytes) {
    return `socket.md5Key has ${keyBytes} octets of UTF-8, not 1 to ${maxMd5KeyBytes}`;
  }
  const isDevice = device === undefined || (/^[^\s/\0]+$/.test(device) && byteLength(device) <= maxDeviceBytes);
  if (!isDevice) return `socket.device "${device}" is not the name of an interface, 1 to ${maxDeviceBytes} octets`;
  return (
    checkRange('socket.ttlSecurityHops', ttlSecurityHops, [1, maxHops]) ?? checkRange('socket.dscp', dscp, [0, maxDscp])
  );
}

/** The settings as a transport takes them. */
export function socketSettingsOf(options: PeerSocketOptions = {}): SocketSettings {
  const { md5Key, ttlSecurityHops, device, dscp } = options;
  return { md5Key, ttlSecurityHops, device, dscp };
}

function checkRange(
  name: string,
  value: number | undefined,
  [least, most]: readonly [number, number],
): string | undefined {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return undefined;
  return `${name} ${value} is not a whole number from ${least} to ${most}`;
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
