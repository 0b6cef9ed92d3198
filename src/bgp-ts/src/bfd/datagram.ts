/**
 * UDP sockets of BFD (RFC 5881 §4, RFC 5883 §5): listeners on 3784 and 4784, and one sender for each session, with a
 * source port of its own that stays. Packets go out with TTL 255 and DSCP CS6; a single-hop listener has only what came
 * with TTL 255. Node reads and writes them; what Node cannot set, koffi sets before Node takes the socket over.
 *
 * Without koffi there is neither filter nor device: the speaker decides whether it may do without.
 */
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { assert, refuse, succeed } from '../result.ts';
import type { Result } from '../result.ts';
import { openBoundSocket } from '../system/bound-socket.ts';
import type { BoundSocketOptions } from '../system/bound-socket.ts';
import type { Libc } from '../system/libc.ts';
import { socketOption, socketType } from '../system/socket.ts';
import type { SocketOption } from '../system/socket.ts';
import { familyOf, isLinkLocal, parseAddress } from '../wire/address.ts';
import type { Address } from '../wire/address.ts';
import { attachTtlFilter } from './ttl-filter.ts';

/** Destination ports. */
export const bfdPort = { singleHop: 3784, multihop: 4784 } as const;

/** Source ports that RFC 5881 §4 allows. */
export const sourcePorts = { first: 49_152, count: 16_384 } as const;

const hops = 255;
/** CS6 in the upper six bits: network control. */
const typeOfService = 0xc0;

/** Where a listener listens. */
export interface ListenSpot {
  readonly family: 'ipv4' | 'ipv6';
  readonly port: number;
  readonly address: Address | undefined;
  readonly device: string | undefined;
}

/** An open listener; `receivedCount` grows with every datagram. */
export interface BfdListener {
  readonly receivedCount: number;
  close(): void;
}

/** Opens a listener; `isFirst` where this speaker has none on this port yet, and then nobody else may have one. */
export function openBfdListener(
  libc: Libc | undefined,
  spot: ListenSpot,
  isFirst: boolean,
  events: { received(bytes: Uint8Array, source: string): void; failed(text: string): void },
): Result<BfdListener, string> {
  const socket = createSocket({ type: spot.family === 'ipv4' ? 'udp4' : 'udp6', ipv6Only: spot.family === 'ipv6' });
  const listener = { receivedCount: 0, close: () => socket.close() };
  socket.on('error', (error) => events.failed(`BFD cannot listen on UDP port ${spot.port}: ${error.message}`));
  socket.on('message', (bytes, source) => {
    listener.receivedCount++;
    events.received(bytes, source.address);
  });
  if (libc === undefined) {
    socket.bind({ port: spot.port, exclusive: true, ...(spot.address !== undefined && { address: spot.address }) });
    return succeed(listener);
  }
  const fd = openListeningDescriptor(libc, spot, isFirst);
  if (!fd.ok) {
    socket.close();
    return refuse(`cannot listen: ${fd.fault}`);
  }
  socket.bind({ fd: fd.value });
  return succeed(listener);
}

/**
 * Listeners of one speaker share a port (one for a device beside one for all), which needs SO_REUSEPORT; a first socket
 * without it finds out whether another program has the port.
 */
function openListeningDescriptor(libc: Libc, spot: ListenSpot, isFirst: boolean): Result<number, string> {
  if (isFirst) {
    const probe = prepareDescriptor(libc, spot, []);
    if (!probe.ok) return probe;
    libc.close(probe.value);
  }
  return prepareDescriptor(libc, { ...spot, isFiltered: spot.port === bfdPort.singleHop }, [
    [socketOption.reusePort, 1],
  ]);
}

/** Where a sender sends from and to. */
export interface SendPath {
  readonly address: Address;
  readonly localAddress: Address | undefined;
  readonly device: string | undefined;
  readonly port: number;
}

/** A session's own socket. */
export interface BfdSender {
  /** Sends, or drops where the socket is not ready or its queue is full. */
  send(packet: Uint8Array): void;
  close(): void;
}

/** What happens on a sender: `ready` once; `sent` with the error, or null, of each packet. */
export interface SenderEvents {
  ready(): void;
  sent(error: Error | null): void;
  failed(text: string): void;
}

/** Opens a sender with the first source port from `firstPort` on, cyclically, that is free. */
export function openBfdSender(
  libc: Libc | undefined,
  path: SendPath,
  firstPort: number,
  events: SenderEvents,
): Result<BfdSender, string> {
  const family = familyOf(path.address) === 'ipv4-unicast' ? 'ipv4' : 'ipv6';
  const socket = createSocket({ type: family === 'ipv4' ? 'udp4' : 'udp6' });
  const sender = adopt(socket, path, events);
  if (libc === undefined) {
    const address = path.localAddress;
    socket.once('listening', () => socket.setTTL(hops));
    socket.bind({ port: firstPort, exclusive: true, ...(address !== undefined && { address }) });
    return succeed(sender);
  }
  const fd = openSendingDescriptor(libc, path, family, firstPort);
  if (!fd.ok) {
    socket.close();
    return refuse(`cannot send to ${path.address}: ${fd.fault}`);
  }
  socket.bind({ fd: fd.value });
  return succeed(sender);
}

function adopt(socket: Socket, path: SendPath, events: SenderEvents): BfdSender {
  let isReady = false;
  let isClosed = false;
  socket.on('error', (error) => {
    // What was under way when a socket was given up is no fault of the one after it.
    if (isClosed) return;
    if (isReady) events.sent(error);
    else events.failed(`cannot send to ${path.address}: ${error.message}`);
  });
  socket.once('listening', () => socket.connect(path.port, zoned(path.address, path.device)));
  socket.once('connect', () => {
    isReady = true;
    events.ready();
  });
  const sent = (error: Error | null): void => {
    if (!isClosed) events.sent(error);
  };
  return {
    send: (packet) => {
      if (isReady && !isClosed) socket.send(packet, sent);
    },
    close: () => {
      isClosed = true;
      socket.close();
    },
  };
}

function openSendingDescriptor(
  libc: Libc,
  path: SendPath,
  family: 'ipv4' | 'ipv6',
  firstPort: number,
): Result<number, string> {
  const options: [SocketOption, number][] =
    family === 'ipv4'
      ? [
          [socketOption.ipv4TimeToLive, hops],
          [socketOption.ipv4TypeOfService, typeOfService],
        ]
      : [
          [socketOption.ipv6UnicastHops, hops],
          [socketOption.ipv6TrafficClass, typeOfService],
        ];
  const { localAddress: address, device } = path;
  let last: Result<number, string> = refuse('no source port is free');
  for (let tried = 0; tried < sourcePorts.count; tried++) {
    const port = sourcePorts.first + ((firstPort - sourcePorts.first + tried) % sourcePorts.count);
    last = prepareDescriptor(libc, { family, address, device, port }, options);
    if (last.ok || !last.fault.includes('EADDRINUSE')) return last;
  }
  return last;
}

function prepareDescriptor(
  libc: Libc,
  spot: ListenSpot & { readonly isFiltered?: boolean },
  options: BoundSocketOptions['options'],
): Result<number, string> {
  const { family, port, device } = spot;
  if (device !== undefined && libc.interfaceIndex(device) === 0) return refuse(`there is no interface "${device}"`);
  const address = spot.address ?? parseAddress(family === 'ipv4' ? '0.0.0.0' : '::');
  assert(address !== undefined, 'all interfaces have an address');
  return openBoundSocket(libc, {
    type: socketType.datagram,
    ...{ address, port, device, options },
    ...(spot.isFiltered === true && { prepare: (fd) => attachTtlFilter(libc, fd, family) }),
  });
}

/** An address as Node writes it in what it receives: with its zone where it is link-local. */
export function zoned(address: Address, device: string | undefined): string {
  return device !== undefined && isLinkLocal(address) ? `${address}%${device}` : address;
}
