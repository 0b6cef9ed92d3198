/** Opening UDP and TCP on each of a list of addresses: all of them, or none and every fault. */
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import type { ListenAddress, ListenFault } from './listen-fault.ts';

/** How one socket of each protocol is opened; with port 0, UDP chooses and TCP follows. */
export interface PairOpener<Udp> {
  readonly openUdp: (listen: ListenAddress) => Promise<Result<Udp, ListenFault>>;
  readonly openTcp: (listen: ListenAddress) => Promise<Result<unknown, ListenFault>>;
}

/** How often a free port of UDP is given back because TCP has it in use. */
const freePortAttempts = 10;

/** Opens all; on refusal the UDP sockets are closed again, and TCP's are the caller's to close. */
export async function openPairs<Udp extends { readonly bound: ListenAddress; close(): unknown }>(
  addresses: readonly ListenAddress[],
  opener: PairOpener<Udp>,
): Promise<Result<readonly Udp[], readonly ListenFault[]>> {
  const opened: Udp[] = [];
  const faults: ListenFault[] = [];
  for (const address of addresses) {
    const pair = await openPair(address, opener);
    if (pair.udp.ok) opened.push(pair.udp.value);
    else faults.push(pair.udp.fault);
    if (!pair.tcp.ok) faults.push(pair.tcp.fault);
  }
  if (faults.length === 0) return succeed(opened);
  await Promise.all(opened.map((udp) => udp.close()));
  return refuse(faults);
}

/** Both sockets of one address; with port 0, on one port that is free for both. */
async function openPair<Udp extends { readonly bound: ListenAddress; close(): unknown }>(
  address: ListenAddress,
  { openUdp, openTcp }: PairOpener<Udp>,
): Promise<{ readonly udp: Result<Udp, ListenFault>; readonly tcp: Result<unknown, ListenFault> }> {
  for (let attempt = 1; ; attempt++) {
    const udp = await openUdp(address);
    const tcp = await openTcp(udp.ok ? udp.value.bound : address);
    const isUnlucky = address.port === 0 && udp.ok && !tcp.ok && tcp.fault.code === 'EADDRINUSE';
    if (!isUnlucky || attempt === freePortAttempts) return { udp, tcp };
    await udp.value.close();
  }
}
