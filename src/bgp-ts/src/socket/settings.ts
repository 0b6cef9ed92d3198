/**
 * What Linux is told of a TCP connection before its first packet: TCP-MD5 (RFC 2385), GTSM (RFC 5082), the differentiated
 * services code point (RFC 2474), the device. Nothing here opens or closes anything.
 *
 * Layout: struct tcp_md5sig of include/uapi/linux/tcp.h, 216 octets.
 */
import { getSystemErrorMap } from 'node:util';
import type { Result } from '../result.ts';
import { assert, refuse, succeed } from '../result.ts';
import type { Libc } from '../system/libc.ts';
import type { SocketOption } from '../system/socket.ts';
import { deviceName, encodeSocketAddress, int32, socketOption } from '../system/socket.ts';
import type { Address } from '../wire/address.ts';
import { familyOf } from '../wire/address.ts';
import type { Family } from '../wire/family.ts';
import type { SocketSettings } from './transport.ts';

/** An option that the system did not take. */
export interface OptionFault {
  /** The system's name of the error, such as `ENODEV`. */
  readonly code: string;
  /** A sentence: which setting, the system's name and words for the error; never a key. */
  readonly text: string;
  /** Whether trying again later can help. */
  readonly canPass: boolean;
}

/** The hop limit that GTSM sends with; a packet over `n` links arrives with at least 256 − n. */
const gtsmHopLimit = 255;

/** struct tcp_md5sig: struct sockaddr_storage at 0, flags u8 at 128, key length u16 at 130, key at 136. */
const md5Signature = { bytes: 216, keyLengthAt: 130, keyAt: 136 } as const;

/** What can be otherwise a moment later: a device or an address that comes, descriptors and memory that others free. */
const passingErrors: ReadonlySet<string> = new Set([
  'EADDRNOTAVAIL',
  'EMFILE',
  'ENETDOWN',
  'ENFILE',
  'ENOBUFS',
  'ENODEV',
  'ENOMEM',
]);

/** Whether an error of the system's, such as `ENODEV`, is one of this host that can pass. */
export function canPass(code: string): boolean {
  return passingErrors.has(code);
}

/** One option to set for one of our settings. */
export interface SettingStep {
  /** What people call it. */
  readonly setting: string;
  readonly option: SocketOption;
  readonly value: Uint8Array;
}

/** Everything that a socket is told which connects to `peer`, or which was accepted from it. */
export function connectionSteps(peer: Address, settings: SocketSettings): readonly SettingStep[] {
  const { md5Key, ttlSecurityHops, device, dscp } = settings;
  const family = familyOf(peer);
  return [
    ...(device === undefined ? [] : [deviceStep(device)]),
    ...(ttlSecurityHops === undefined ? [] : hopLimitSteps(family, minimumHopLimit(ttlSecurityHops))),
    ...(dscp === undefined ? [] : [dscpStep(family, dscp)]),
    ...(md5Key === undefined ? [] : [md5Step(peer, md5Key)]),
  ];
}

/** The least hop limit with which packets of a peer `hops` links away arrive. */
export function minimumHopLimit(hops: number): number {
  return gtsmHopLimit + 1 - hops;
}

/** Sends with hop limit 255 and drops what arrives with less than `minimum`; 0 drops nothing. */
export function hopLimitSteps(family: Family, minimum: number): readonly SettingStep[] {
  const isIpv6 = family === 'ipv6-unicast';
  const sent = isIpv6 ? socketOption.ipv6UnicastHops : socketOption.ipv4TimeToLive;
  const least = isIpv6 ? socketOption.ipv6MinimumHopCount : socketOption.ipv4MinimumTimeToLive;
  return [
    { setting: 'ttlSecurityHops', option: sent, value: int32(gtsmHopLimit) },
    { setting: 'ttlSecurityHops', option: least, value: int32(minimum) },
  ];
}

/** Asks signatures of one peer, on a listening socket also while it listens; the empty key takes its key away. */
export function md5Step(peer: Address, key: string): SettingStep {
  const value = new Uint8Array(md5Signature.bytes);
  const keyBytes = new TextEncoder().encode(key);
  assert(
    keyBytes.length <= md5Signature.bytes - md5Signature.keyAt,
    'a TCP-MD5 key was checked to have 80 octets at most',
  );
  value.set(encodeSocketAddress(peer, 0));
  new DataView(value.buffer).setUint16(md5Signature.keyLengthAt, keyBytes.length, true);
  value.set(keyBytes, md5Signature.keyAt);
  return { setting: 'md5Key', option: socketOption.tcpMd5Signature, value };
}

/** Takes the steps in order until one is refused. */
export function applySteps(libc: Libc, fd: number, steps: readonly SettingStep[]): Result<void, OptionFault> {
  for (const { setting, option, value } of steps) {
    if (libc.setsockopt(fd, option.level, option.number, value, value.length) === 0) continue;
    return refuse(optionFault(`the system refuses ${setting}, ${option.name}`, libc.errorNumber()));
  }
  return succeed(undefined);
}

/** The fault of settings on a system without the calls for them; `why` is what loadLibc says. */
export function libcFault(steps: readonly SettingStep[], why: string): string {
  const settings = [...new Set(steps.map(({ setting }) => setting))];
  return `${settings.join(', ')} cannot be set without koffi: ${why}`;
}

/** The fault of a call that failed with a number of `errno`; `what` begins its sentence. */
export function optionFault(what: string, errno: number): OptionFault {
  const [code, words] = getSystemErrorMap().get(-errno) ?? [`error ${errno}`, 'unknown'];
  return { code, text: `${what}: ${code} (${words})`, canPass: canPass(code) };
}

function deviceStep(device: string): SettingStep {
  return { setting: `device "${device}"`, option: socketOption.bindToDevice, value: deviceName(device) };
}

/** The upper six of the eight bits are the code point (RFC 2474 §3). */
function dscpStep(family: Family, dscp: number): SettingStep {
  const option = family === 'ipv6-unicast' ? socketOption.ipv6TrafficClass : socketOption.ipv4TypeOfService;
  return { setting: `dscp ${dscp}`, option, value: int32(dscp << 2) };
}
