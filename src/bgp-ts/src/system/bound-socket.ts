/**
 * A socket that is set up and bound before Node takes it over by its number. What counts for a socket must be there before
 * it is bound: its device, so that one on each device may have an address, and its filter, so that nothing slips past.
 */
import { refuse, succeed } from '../result.ts';
import type { Result } from '../result.ts';
import { familyOf, isLinkLocal } from '../wire/address.ts';
import type { Address } from '../wire/address.ts';
import type { Libc } from './libc.ts';
import { addressFamily, bindSocket, deviceName, openSocket, setSocketOption, socketOption } from './socket.ts';
import type { SocketOption } from './socket.ts';

/** What a socket shall be. */
export interface BoundSocketOptions {
  /** Of `socketType`. */
  readonly type: number;
  readonly address: Address;
  readonly port: number;
  readonly device: string | undefined;
  /** Set first, in their order; IPv6 alone and the device come after them. */
  readonly options: readonly (readonly [SocketOption, number | Uint8Array])[];
  /** What is done last before it is bound. */
  readonly prepare?: (fd: number) => Result<void, string>;
}

/** Opens it; the value is its number, which the caller closes. Whatever the system refuses closes it, with a sentence. */
export function openBoundSocket(libc: Libc, wanted: BoundSocketOptions): Result<number, string> {
  const { type, address, port, device } = wanted;
  const opened = openSocket(libc, isIpv6(address) ? addressFamily.ipv6 : addressFamily.ipv4, type);
  if (!opened.ok) return opened;
  const fd = opened.value;
  const scope = device !== undefined && isLinkLocal(address) ? libc.interfaceIndex(device) : 0;
  const prepared = setUp(libc, fd, wanted);
  const bound = prepared.ok ? bindSocket(libc, fd, address, port, scope) : prepared;
  if (bound.ok) return succeed(fd);
  libc.close(fd);
  return refuse(bound.fault);
}

function setUp(
  libc: Libc,
  fd: number,
  { address, device, options, prepare }: BoundSocketOptions,
): Result<void, string> {
  const settings = [...options];
  if (isIpv6(address)) settings.push([socketOption.ipv6Only, 1]);
  if (device !== undefined) settings.push([socketOption.bindToDevice, deviceName(device)]);
  for (const [option, value] of settings) {
    const set = setSocketOption(libc, fd, option, value);
    if (!set.ok) return set;
  }
  return prepare === undefined ? succeed(undefined) : prepare(fd);
}

function isIpv6(address: Address): boolean {
  return familyOf(address) === 'ipv6-unicast';
}
