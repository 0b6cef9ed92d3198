/**
 * DNS served by the calling thread, with a function of that thread: for tools and tests whose answers depend on what
 * cannot be sent to another thread. The server itself is dns-server.ts.
 */
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { createThreadCounters } from './counters.ts';
import type { ListenAddress, ListenFault } from './listen-fault.ts';
import { openPairs } from './open-pairs.ts';
import { defaultTcpLimits } from './tcp/limits.ts';
import { StreamServer } from './tcp/stream-server.ts';
import type { AnswerFunction } from '#dns/answer/answerer.ts';
import { listenDgram } from './udp/dgram.ts';

/** Open sockets of this thread. */
export interface InThreadServer {
  /** The addresses that are bound, with their real ports, in the order asked for. */
  readonly bound: readonly ListenAddress[];
  close(): Promise<void>;
}

/** Listens on every address, UDP and TCP, with Node's own sockets: on all of them, or on none. */
export async function listenInThread(
  listen: readonly ListenAddress[],
  answer: AnswerFunction,
): Promise<Result<InThreadServer, readonly ListenFault[]>> {
  const counters = createThreadCounters();
  const beforeQuery = (): void => undefined;
  const answerer = { answer, transfer: () => undefined };
  const streams = new StreamServer({ answerer, beforeQuery, counters, limits: defaultTcpLimits });
  const opened = await openPairs(listen, {
    openUdp: (address) => listenDgram(address, { answer, beforeQuery, counters }),
    openTcp: (address) => streams.listen(address),
  });
  if (!opened.ok) {
    await streams.close();
    return refuse(opened.fault);
  }
  const close = async (): Promise<void> => {
    await Promise.all([streams.close(), ...opened.value.map((udp) => udp.close())]);
  };
  return succeed({ bound: opened.value.map((udp) => udp.bound), close });
}
