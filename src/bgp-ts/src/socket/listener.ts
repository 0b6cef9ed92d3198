/**
 * A listener on Node's sockets, of one family: it accepts expected peers only, with the settings of each. A TCP-MD5 key
 * counts for the peer's address (RFC 2385); GTSM is asked of the listening socket where every expected peer has it, so that
 * strangers from afar get no answer, and of each accepted connection (RFC 5082 §3).
 */
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import type { Result } from '../result.ts';
import { refuse, succeed } from '../result.ts';
import { loadLibc } from '../system/libc.ts';
import type { Address } from '../wire/address.ts';
import { familyOf } from '../wire/address.ts';
import { addressIn, NodeConnection } from './connection.ts';
import { descriptorOf } from './descriptor.ts';
import { applySteps, connectionSteps, hopLimitSteps, libcFault, md5Step, minimumHopLimit } from './settings.ts';
import type { SettingStep } from './settings.ts';
import type { ExpectedPeer, IncomingConnection, Listener } from './transport.ts';

/** What a listener tells its owner. */
export interface ListenerEvents {
  readonly onIncoming: (incoming: IncomingConnection) => void;
  readonly onRefused: (remoteAddress: Address, reason: string) => void;
}

/** Opens a listener. */
export async function openListener(
  at: { readonly address: Address; readonly port: number },
  events: ListenerEvents,
): Promise<Result<Listener, string>> {
  // Paused, so that no byte is read before the connection has its settings and its owner.
  const server = createServer({ pauseOnConnect: true, noDelay: true });
  const opened = Promise.withResolvers<Result<Listener, string>>();
  server.once('error', (error) => opened.resolve(refuse(error.message)));
  server.listen({ host: at.address, port: at.port, ipv6Only: true, exclusive: true }, () => {
    const bound = server.address();
    const port = bound === null || typeof bound === 'string' ? at.port : bound.port;
    opened.resolve(succeed(new NodeListener(server, { address: at.address, port }, events)));
  });
  return opened.promise;
}

class NodeListener implements Listener {
  readonly address: Address;
  readonly port: number;
  readonly #server: Server;
  readonly #events: ListenerEvents;
  readonly #expected = new Map<Address, ExpectedPeer>();
  #hasHopLimits = false;

  constructor(server: Server, at: { readonly address: Address; readonly port: number }, events: ListenerEvents) {
    this.address = at.address;
    this.port = at.port;
    this.#server = server;
    this.#events = events;
    // A failed accept, such as for want of descriptors, ends neither the listener nor the process.
    server.on('error', () => undefined);
    server.on('connection', (socket) => this.#accept(socket));
  }

  expect(peer: ExpectedPeer): Result<void, string> {
    if (familyOf(peer.address) !== familyOf(this.address)) return succeed(undefined);
    const { md5Key } = peer.settings;
    if (this.#expected.get(peer.address)?.settings.md5Key !== md5Key) {
      const told =
        md5Key === undefined ? this.#removeKey(peer.address) : tell(this.#server, [md5Step(peer.address, md5Key)]);
      if (!told.ok) return told;
    }
    const told = this.#tellHopLimits(new Map(this.#expected).set(peer.address, peer));
    if (!told.ok) {
      if (md5Key !== undefined) this.#removeKey(peer.address);
      return told;
    }
    this.#expected.set(peer.address, peer);
    return succeed(undefined);
  }

  forget(address: Address): void {
    const former = this.#expected.get(address);
    if (former === undefined) return;
    this.#expected.delete(address);
    if (former.settings.md5Key !== undefined) this.#removeKey(address);
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
    const localAddress = addressIn(socket.localAddress);
    // Without addresses the connection is gone already.
    if (remoteAddress === undefined || localAddress === undefined) {
      socket.destroy();
      return;
    }
    const refusal = this.#settle(socket, remoteAddress);
    if (refusal !== undefined) {
      socket.destroy();
      this.#events.onRefused(remoteAddress, refusal);
      return;
    }
    const fate = { isTaken: false };
    this.#events.onIncoming({
      remoteAddress,
      localAddress,
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

  #removeKey(address: Address): Result<void, string> {
    return tell(this.#server, [md5Step(address, '')]);
  }

  /**
   * Gives an accepted connection its peer's settings; returns why it cannot stay. The key, too: a connection that was
   * made before the listener had the key has none.
   */
  #settle(socket: Socket, remoteAddress: Address): string | undefined {
    const peer = this.#expected.get(remoteAddress);
    if (peer === undefined) return 'no peer that may connect has this address';
    const told = tell(socket, connectionSteps(remoteAddress, peer.settings));
    return told.ok ? undefined : told.fault;
  }

  /** GTSM as far as all expected peers have it, and off again when none is left; nothing where none ever had it. */
  #tellHopLimits(expected: ReadonlyMap<Address, ExpectedPeer>): Result<void, string> {
    const hops = Array.from(expected.values(), ({ settings }) => settings.ttlSecurityHops);
    const known = hops.filter((count) => count !== undefined);
    if (known.length === 0 && !this.#hasHopLimits) return succeed(undefined);
    this.#hasHopLimits = true;
    const isCommon = known.length > 0 && known.length === hops.length;
    const minimum = isCommon ? minimumHopLimit(Math.max(...known)) : 0;
    return tell(this.#server, hopLimitSteps(familyOf(this.address), minimum));
  }
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
