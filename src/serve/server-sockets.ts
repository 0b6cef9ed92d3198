/**
 * The sockets of a DNS server as the main thread owns them: opened here, or inherited from the process before.
 *
 * Each UDP thread has one SO_REUSEPORT socket for each address, so that the kernel spreads clients over threads. Where
 * more were inherited than there are threads, a thread reads several: what the kernel put into a socket's queue only a
 * reader of that socket can answer.
 */
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { listenFault } from './listen-fault.ts';
import type { ListenAddress, ListenFault } from './listen-fault.ts';
import { openPairs } from './open-pairs.ts';
import type { Libc } from './system/libc.ts';
import { openTcpListener, openUdpSocket } from './system/sockets.ts';
import type { OpenSocket } from './system/sockets.ts';
import { listenBacklog } from './tcp/stream-server.ts';

/** Open sockets by what they serve, each with the address that it is bound to. */
export interface ServerSockets {
  readonly udp: readonly OpenSocket[];
  readonly tcp: readonly OpenSocket[];
}

/** How sockets are opened. */
export interface SocketSettings {
  /** UDP threads, and so UDP sockets of each address; at least 1. */
  readonly threads: number;
  /** The kernel's queues of one UDP socket, in octets. */
  readonly receiveBufferBytes: number;
  readonly sendBufferBytes: number;
  /** The largest TCP segment, in octets: ICMP about a smaller path may reach another site of an anycast address. */
  readonly maximumSegmentBytes: number;
  /** UDP: replies that follow each other to one client's port go to the kernel as one message (UDP_SEGMENT). */
  readonly joinReplies: boolean;
}

/** Sockets in order, and those of UDP by the thread that reads them. */
export interface SocketPlan extends ServerSockets {
  /** The addresses asked for, with their real ports. */
  readonly bound: readonly ListenAddress[];
  /** Descriptors that each UDP thread reads. */
  readonly byThread: readonly (readonly number[])[];
}

export const noSockets: ServerSockets = { udp: [], tcp: [] };

/**
 * Opens all sockets that the addresses need beside the inherited ones; inherited sockets of other addresses are closed.
 * On refusal everything is closed, the inherited sockets too, and all faults are returned.
 */
export async function openServerSockets(
  libc: Libc,
  listen: readonly ListenAddress[],
  settings: SocketSettings,
  inherited: ServerSockets = noSockets,
): Promise<Result<SocketPlan, readonly ListenFault[]>> {
  const tcp: OpenSocket[] = [];
  const opened = await openPairs(listen, {
    openUdp: (address) => Promise.resolve(openGroup(libc, address, settings, sameAddress(inherited.udp, address))),
    openTcp: (address) => {
      const listener = openListener(libc, address, settings, sameAddress(inherited.tcp, address));
      if (listener.ok) tcp.push(listener.value);
      return Promise.resolve(listener);
    },
  });
  if (!opened.ok) {
    closeSockets(libc, { udp: inherited.udp, tcp: [...tcp, ...inherited.tcp.filter(({ fd }) => !has(tcp, fd))] });
    return opened;
  }
  const udp = opened.value.flatMap((group) => group.sockets);
  const unwanted = (sockets: readonly OpenSocket[], kept: readonly OpenSocket[]): readonly OpenSocket[] =>
    sockets.filter(({ fd }) => !has(kept, fd));
  closeSockets(libc, { udp: unwanted(inherited.udp, udp), tcp: unwanted(inherited.tcp, tcp) });
  const byThread = Array.from({ length: settings.threads }, (_, thread) =>
    opened.value.flatMap(({ sockets }) =>
      sockets.filter((_socket, index) => index % settings.threads === thread).map(({ fd }) => fd),
    ),
  );
  return succeed({ udp, tcp, bound: opened.value.map((group) => group.bound), byThread });
}

/** Closes sockets; whatever still waits in them goes on to others that share them, if any do. */
export function closeSockets(libc: Libc, { udp, tcp }: ServerSockets): void {
  for (const { fd } of [...udp, ...tcp]) libc.close(fd);
}

/** The UDP sockets of one address. */
class UdpGroup {
  readonly sockets: readonly OpenSocket[];
  readonly bound: ListenAddress;
  readonly #libc: Libc;
  readonly #own: readonly OpenSocket[];

  constructor(libc: Libc, bound: ListenAddress, inherited: readonly OpenSocket[], own: readonly OpenSocket[]) {
    this.#libc = libc;
    this.bound = bound;
    this.#own = own;
    this.sockets = [...inherited, ...own];
  }

  /** Closes the sockets that this opened; inherited ones are closed by whoever holds them all. */
  close(): void {
    closeSockets(this.#libc, { udp: this.#own, tcp: [] });
  }
}

function openGroup(
  libc: Libc,
  address: ListenAddress,
  settings: SocketSettings,
  inherited: readonly OpenSocket[],
): Result<UdpGroup, ListenFault> {
  const own: OpenSocket[] = [];
  let bound = inherited[0]?.bound;
  while (inherited.length + own.length < settings.threads) {
    const sharing = bound === undefined ? 'sole' : 'shared';
    const opened = openUdpSocket(libc, bound ?? address, { ...settings, sharing });
    if (!opened.ok) {
      closeSockets(libc, { udp: own, tcp: [] });
      return refuse(listenFault('UDP', address, opened.fault));
    }
    own.push(opened.value);
    ({ bound } = opened.value);
  }
  return succeed(new UdpGroup(libc, bound ?? address, inherited, own));
}

function openListener(
  libc: Libc,
  address: ListenAddress,
  settings: SocketSettings,
  [inherited]: readonly OpenSocket[],
): Result<OpenSocket, ListenFault> {
  if (inherited !== undefined) return succeed(inherited);
  const opened = openTcpListener(libc, address, { ...settings, backlog: listenBacklog });
  return opened.ok ? opened : refuse(listenFault('TCP', address, opened.fault));
}

function sameAddress(sockets: readonly OpenSocket[], { address, port }: ListenAddress): readonly OpenSocket[] {
  return sockets.filter(({ bound }) => bound.address === address && bound.port === port);
}

function has(sockets: readonly OpenSocket[], fd: number): boolean {
  return sockets.some((socket) => socket.fd === fd);
}
