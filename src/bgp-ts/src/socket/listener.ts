/**
 * A listener on Node's sockets, of one family: it accepts expected peers only, with the settings of each. A TCP-MD5 key
 * counts for the peer's address (RFC 2385); GTSM is asked of the listening socket where every expected peer has it, so that
 * strangers from afar get no answer, and of each accepted connection (RFC 5082 §3).
 */
import { createServer } from 'node:net';
import type { ListenOptions, Server, Socket } from 'node:net';
import type { Result } from '../result.ts';
import { refuse, succeed } from '../result.ts';
import { openBoundSocket } from '../system/bound-socket.ts';
import { loadLibc } from '../system/libc.ts';
import { socketOption, socketType } from '../system/socket.ts';
import type { Address } from '../wire/address.ts';
import { familyOf, isLinkLocal } from '../wire/address.ts';
import { addressIn, NodeConnection, zoneIn } from './connection.ts';
import { descriptorOf } from './descriptor.ts';
import { applySteps, connectionSteps, hopLimitSteps, libcFault, md5Step, minimumHopLimit } from './settings.ts';
import type { SettingStep } from './settings.ts';
import { originKey } from './transport.ts';
import type { ExpectedPeer, IncomingConnection, Listener, ListenSpot } from './transport.ts';

/** What a listener tells its owner. */
export interface ListenerEvents {
  readonly onIncoming: (incoming: IncomingConnection) => void;
  readonly onRefused: (origin: string, reason: string) => void;
}

/** What Node is told of where to listen: a descriptor that is bound already where it has to be bound to a device. */
type Where = ListenOptions & { readonly fd?: number };

/** Opens a listener. */
export async function openListener(spot: ListenSpot, events: ListenerEvents): Promise<Result<Listener, string>> {
  const where = whereToListen(spot);
  if (!where.ok) return where;
  // Paused, so that no byte is read before the connection has its settings and its owner.
  const server = createServer({ pauseOnConnect: true, noDelay: true });
  const opened = Promise.withResolvers<Result<Listener, string>>();
  server.once('error', (error) => opened.resolve(refuse(error.message)));
  server.listen(where.value, () => {
    const bound = server.address();
    const port = bound === null || typeof bound === 'string' ? spot.port : bound.port;
    opened.resolve(succeed(new NodeListener(server, { ...spot, port }, events)));
  });
  return opened.promise;
}

function whereToListen({ address, port, device }: ListenSpot): Result<Where, string> {
  if (device === undefined) return succeed({ host: address, port, ipv6Only: true, exclusive: true });
  const libc = loadLibc();
  if (!libc.ok) return refuse(`it cannot be bound to a device: ${libc.fault}`);
  const options = [[socketOption.reuseAddress, 1]] as const;
  const fd = openBoundSocket(libc.value, { type: socketType.stream, address, port, device, options });
  return fd.ok ? succeed({ fd: fd.value, exclusive: true }) : refuse(`device "${device}": ${fd.fault}`);
}

class NodeListener implements Listener {
  readonly address: Address;
  readonly port: number;
  readonly #server: Server;
  readonly #device: string | undefined;
  readonly #events: ListenerEvents;
  /** By origin. */
  readonly #expected = new Map<string, ExpectedPeer>();
  #hasHopLimits = false;

  constructor(server: Server, at: ListenSpot, events: ListenerEvents) {
    this.address = at.address;
    this.port = at.port;
    this.#device = at.device;
    this.#server = server;
    this.#events = events;
    // A failed accept, such as for want of descriptors, ends neither the listener nor the process.
    server.on('error', () => undefined);
    server.on('connection', (socket) => this.#accept(socket));
  }

  expect(peer: ExpectedPeer): Result<void, string> {
    if (!this.#isReachable(peer)) return succeed(undefined);
    const key = originKey(peer.address, peer.settings.device);
    const { md5Key } = peer.settings;
    const others = this.#others(peer);
    if (others.some((other) => other.settings.md5Key !== md5Key)) return refuse(keysOfOneAddress(peer.address));
    if (others.length === 0 && this.#expected.get(key)?.settings.md5Key !== md5Key) {
      const told =
        md5Key === undefined ? this.#removeKey(peer.address) : tell(this.#server, [md5Step(peer.address, md5Key)]);
      if (!told.ok) return told;
    }
    const told = this.#tellHopLimits(new Map(this.#expected).set(key, peer));
    if (!told.ok) {
      if (md5Key !== undefined && others.length === 0) this.#removeKey(peer.address);
      return told;
    }
    this.#expected.set(key, peer);
    return succeed(undefined);
  }

  forget(peer: ExpectedPeer): void {
    const key = originKey(peer.address, peer.settings.device);
    const former = this.#expected.get(key);
    if (former === undefined) return;
    this.#expected.delete(key);
    if (former.settings.md5Key !== undefined && this.#others(peer).length === 0) this.#removeKey(peer.address);
    this.#tellHopLimits(this.#expected);
  }

  close(): Promise<void> {
    // The event `close` would wait for accepted connections, which their owners end; the port is free at once.
    this.#server.close();
    return Promise.resolve();
  }

  #accept(socket: Socket): void {
    socket.on('error', () => undefined);
    const remoteAddress = addressIn(socket.remoteAddress);
    const device = zoneIn(socket.remoteAddress);
    const localAddress = addressIn(socket.localAddress);
    // Without addresses the connection is gone already.
    if (remoteAddress === undefined || localAddress === undefined) {
      socket.destroy();
      return;
    }
    const origin = originKey(remoteAddress, device);
    const refusal = this.#settle(socket, origin);
    if (refusal !== undefined) {
      socket.destroy();
      this.#events.onRefused(origin, refusal);
      return;
    }
    const fate = { isTaken: false };
    this.#events.onIncoming({
      remoteAddress,
      localAddress,
      device,
      take: (events) => {
        fate.isTaken = true;
        const connection = new NodeConnection(socket, events);
        socket.resume();
        return connection;
      },
      refuse: () => socket.destroy(),
    });
    if (!fate.isTaken) socket.destroy();
  }

  /** Whether connections of the peer can come here. */
  #isReachable({ address, settings }: ExpectedPeer): boolean {
    if (familyOf(address) !== familyOf(this.address)) return false;
    return !isLinkLocal(address) || this.#device === undefined || this.#device === settings.device;
  }

  /** Those of the same link-local address on other links. */
  #others({ address, settings }: ExpectedPeer): readonly ExpectedPeer[] {
    return [...this.#expected.values()].filter(
      (other) => other.address === address && other.settings.device !== settings.device,
    );
  }

  #removeKey(address: Address): Result<void, string> {
    return tell(this.#server, [md5Step(address, '')]);
  }

  /**
   * Gives an accepted connection its peer's settings; returns why it cannot stay. The key, too: a connection that was
   * made before the listener had the key has none.
   */
  #settle(socket: Socket, origin: string): string | undefined {
    const peer = this.#expected.get(origin);
    if (peer === undefined) return 'no peer that may connect has this address';
    const told = tell(socket, connectionSteps(peer.address, peer.settings));
    return told.ok ? undefined : told.fault;
  }

  /** GTSM as far as all expected peers have it, and off again when none is left; nothing where none ever had it. */
  #tellHopLimits(expected: ReadonlyMap<string, ExpectedPeer>): Result<void, string> {
    const hops = Array.from(expected.values(), ({ settings }) => settings.ttlSecurityHops);
    const known = hops.filter((count) => count !== undefined);
    if (known.length === 0 && !this.#hasHopLimits) return succeed(undefined);
    this.#hasHopLimits = true;
    const isCommon = known.length > 0 && known.length === hops.length;
    const minimum = isCommon ? minimumHopLimit(Math.max(...known)) : 0;
    return tell(this.#server, hopLimitSteps(familyOf(this.address), minimum));
  }
}

/** The system knows a TCP-MD5 key by the peer's address alone. */
function keysOfOneAddress(address: Address): string {
  return `md5Key: another peer has the address ${address} on another link and another key; listen on each device by itself`;
}

/** Makes settings on an open socket of Node's. */
function tell(owner: Server | Socket, steps: readonly SettingStep[]): Result<void, string> {
  if (steps.length === 0) return succeed(undefined);
  const libc = loadLibc();
  if (!libc.ok) return refuse(libcFault(steps, libc.fault));
  const fd = descriptorOf(owner);
  if (fd === undefined) return refuse('the socket is closed');
  const applied = applySteps(libc.value, fd, steps);
  return applied.ok ? applied : refuse(applied.fault.text);
}
