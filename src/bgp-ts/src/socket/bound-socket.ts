/**
 * A TCP socket for a listener on one device. It must be bound to the device before it is bound to its address, so that one
 * on each device may have that address; Node cannot do so by itself.
 */
import type { Result } from '../result.ts';
import { refuse, succeed } from '../result.ts';
import type { Libc } from '../system/libc.ts';
import type { SocketOption } from '../system/socket.ts';
import {
  addressFamily,
  bindSocket,
  deviceName,
  openSocket,
  setSocketOption,
  socketOption,
  socketType,
} from '../system/socket.ts';
import type { Address } from '../wire/address.ts';
import { familyOf, isLinkLocal } from '../wire/address.ts';

/** Opens it; the value is its descriptor, which the caller closes, the fault a sentence. */
export function openOnDevice(
  libc: Libc,
  { address, port }: { readonly address: Address; readonly port: number },
  device: string,
): Result<number, string> {
  const isIpv6 = familyOf(address) === 'ipv6-unicast';
  const opened = openSocket(libc, isIpv6 ? addressFamily.ipv6 : addressFamily.ipv4, socketType.stream);
  if (!opened.ok) return opened;
  const fd = opened.value;
  const settings: readonly (readonly [SocketOption, number | Uint8Array])[] = [
    [socketOption.reuseAddress, 1],
    ...(isIpv6 ? [[socketOption.ipv6Only, 1] as const] : []),
    [socketOption.bindToDevice, deviceName(device)],
  ];
  const scope = isLinkLocal(address) ? libc.interfaceIndex(device) : 0;
  const bound = applySettings(libc, fd, settings) ?? bindSocket(libc, fd, address, port, scope);
  if (bound.ok) return succeed(fd);
  libc.close(fd);
  return refuse(`device "${device}": ${bound.fault}`);
}

/** The first setting that the system refuses, if any. */
function applySettings(
  libc: Libc,
  fd: number,
  settings: readonly (readonly [SocketOption, number | Uint8Array])[],
): Result<never, string> | undefined {
  for (const [option, value] of settings) {
    const set = setSocketOption(libc, fd, option, value);
    if (!set.ok) return set;
  }
  return undefined;
}
