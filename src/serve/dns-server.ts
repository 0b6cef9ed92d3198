/** DNS on a list of addresses, UDP and TCP on each: all of them open, or none. */
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import type { AnswerFunction } from '#dns/answer/answerer.ts';
import type { ListenAddress, ListenFault } from './listen-fault.ts';
import { listenTcp } from './tcp.ts';
import type { TcpLimits, TcpListener } from './tcp.ts';
import { listenUdp } from './udp/dgram.ts';
import type { UdpListener } from './udp/listener.ts';

/** An open DNS server. */
export interface DnsServer {
  /** The addresses that are bound, with their real ports, in the order asked for. */
  readonly bound: readonly ListenAddress[];
  readonly udp: readonly UdpListener[];
  readonly tcp: readonly TcpListener[];
  /** Closes all sockets after the replies under way; ends within a second. */
  close(): Promise<void>;
}

/**
 * Listens on every address. With port 0, UDP gets a free port and TCP the same one. On refusal everything opened is
 * closed again, and all faults are returned.
 */
export async function listenDns(
  addresses: readonly ListenAddress[],
  answer: AnswerFunction,
  limits?: TcpLimits,
): Promise<Result<DnsServer, readonly ListenFault[]>> {
  const udp: UdpListener[] = [];
  const tcp: TcpListener[] = [];
  const faults: ListenFault[] = [];
  for (const address of addresses) {
    const { datagrams, streams } = await listenPair(address, answer, limits);
    if (datagrams.ok) udp.push(datagrams.value);
    else faults.push(datagrams.fault);
    if (streams.ok) tcp.push(streams.value);
    else faults.push(streams.fault);
  }
  const close = async (): Promise<void> => {
    await Promise.all([...udp, ...tcp].map((listener) => listener.close()));
  };
  if (faults.length > 0) {
    await close();
    return refuse(faults);
  }
  return succeed({ bound: udp.map((listener) => listener.bound), udp, tcp, close });
}

/** How often a free port of UDP is given back because TCP has it in use. */
const freePortAttempts = 10;

/** Both listeners of one address; with port 0, on one port that is free for both. */
async function listenPair(
  address: ListenAddress,
  answer: AnswerFunction,
  limits: TcpLimits | undefined,
): Promise<{
  readonly datagrams: Result<UdpListener, ListenFault>;
  readonly streams: Result<TcpListener, ListenFault>;
}> {
  for (let attempt = 1; ; attempt++) {
    const datagrams = await listenUdp(address, answer);
    const streams = await listenTcp(datagrams.ok ? datagrams.value.bound : address, answer, limits);
    const isUnlucky = address.port === 0 && datagrams.ok && !streams.ok && streams.fault.code === 'EADDRINUSE';
    if (!isUnlucky || attempt === freePortAttempts) return { datagrams, streams };
    await datagrams.value.close();
  }
}
