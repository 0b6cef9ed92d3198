/**
 * TCP on Node's sockets. A connection without settings is Node's alone; one with settings begins as a socket that the C
 * library makes and Node takes over by its number before it connects, because Node makes its own too late for them.
 *
 * Link-local IPv6 addresses need the `device` setting, which names their link.
 */
import { Socket } from 'node:net';
import type { Result } from '../result.ts';
import { refuse, succeed } from '../result.ts';
import { loadLibc } from '../system/libc.ts';
import type { Libc } from '../system/libc.ts';
import { addressFamily, socketType } from '../system/socket.ts';
import type { Address } from '../wire/address.ts';
import { familyOf } from '../wire/address.ts';
import { addressIn, NodeConnection } from './connection.ts';
import { openListener } from './listener.ts';
import { applySteps, connectionSteps, libcFault, optionFault } from './settings.ts';
import type { OptionFault, SettingStep } from './settings.ts';
import type { Connection, ConnectionEvents, DialOptions, Transport } from './transport.ts';

/** The system's TCP. */
export const nodeTransport: Transport = {
  dial,
  listen: (options, onIncoming, onRefused) =>
    openListener(options, { onIncoming, onRefused: onRefused ?? ((): void => undefined) }),
};

function dial(options: DialOptions, events: ConnectionEvents): Result<Connection, string> {
  const socket = makeSocket(options);
  if (!socket.ok)
    return socket.fault.canPass ? succeed(new FailedDial(socket.fault.text, events)) : refuse(socket.fault.text);
  return succeed(connect(socket.value, options, events));
}

function connect(socket: Socket, options: DialOptions, events: ConnectionEvents): Connection {
  const { address, port, localAddress, settings } = options;
  const connection = new NodeConnection(socket, events);
  socket.on('connect', () => {
    socket.setNoDelay(true);
    const local = addressIn(socket.localAddress);
    if (local === undefined) socket.destroy(new Error('the connection has no local address'));
    else events.connected(local);
  });
  const source = localAddress === undefined ? {} : { localAddress: withZone(localAddress, settings.device) };
  socket.connect({ host: withZone(address, settings.device), port, ...source });
  return connection;
}

/** Node's own socket, or one that was told the settings; when they are refused, its descriptor is closed. */
function makeSocket({ address, settings }: DialOptions): Result<Socket, OptionFault> {
  const steps = connectionSteps(address, settings);
  if (steps.length === 0) return succeed(new Socket());
  const libc = loadLibc();
  if (!libc.ok) return refuse({ code: 'ENOSYS', text: libcFault(steps, libc.fault), canPass: false });
  const descriptor = openDescriptor(libc.value, address, steps);
  if (!descriptor.ok) return descriptor;
  try {
    // The socket owns the descriptor from here on.
    return succeed(new Socket({ fd: descriptor.value, readable: true, writable: true }));
  } catch (error) {
    libc.value.close(descriptor.value);
    const text = `Node does not take the socket: ${error instanceof Error ? error.message : String(error)}`;
    return refuse({ code: 'EINVAL', text, canPass: false });
  }
}

function openDescriptor(libc: Libc, peer: Address, steps: readonly SettingStep[]): Result<number, OptionFault> {
  const family = familyOf(peer) === 'ipv6-unicast' ? addressFamily.ipv6 : addressFamily.ipv4;
  const fd = libc.socket(family, socketType.stream | socketType.nonBlocking | socketType.closeOnExec, 0);
  if (fd < 0) return refuse(optionFault('the system opens no socket', libc.errorNumber()));
  const applied = applySteps(libc, fd, steps);
  if (applied.ok) return succeed(fd);
  libc.close(fd);
  return applied;
}

/** A link-local address means something on its link only (RFC 4007 §6). */
function withZone(address: Address, device: string | undefined): string {
  return device !== undefined && /^fe[89ab][0-9a-f]:/.test(address) ? `${address}%${device}` : address;
}

/** A connection that this host could not begin, told in the next turn like one that failed. */
class FailedDial implements Connection {
  constructor(reason: string, events: ConnectionEvents) {
    setImmediate(() => events.closed(reason, 'local'));
  }

  send(): void {
    // There is nobody to send to.
  }

  end(): void {
    // It is over already.
  }

  destroy(): void {
    // It is over already.
  }
}
