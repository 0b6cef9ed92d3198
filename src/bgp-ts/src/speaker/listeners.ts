/**
 * Where a speaker accepts connections, and whose: every listener expects every peer that may connect, whichever of the two
 * was there first. Connections of others are closed by the transport; here they become events, seldom enough for a log.
 */
import type { Result } from '../result.ts';
import { refuse, succeed } from '../result.ts';
import { originKey } from '../socket/transport.ts';
import type { ExpectedPeer, IncomingConnection, Listener, Transport } from '../socket/transport.ts';
import { isLinkLocal, parseAddress } from '../wire/address.ts';
import { originOf } from './options.ts';
import type { PeerRunner } from './peer-runner.ts';
import { checkSocketOptions } from './socket-options.ts';
import type { ListenOptions, OnSpeakerEvent } from './types.ts';

const bgpPort = 179;

/** How many strangers are told apart; beyond that they count as one. */
const maxStrangers = 256;

/** The listeners of one speaker. */
export class Listeners {
  readonly #transport: Transport;
  readonly #onEvent: OnSpeakerEvent;
  readonly #listeners: Listener[] = [];
  /** By origin. */
  readonly #runners = new Map<string, PeerRunner>();
  readonly #strangers = new Map<string, number>();
  #isClosed = false;

  constructor(transport: Transport, onEvent: OnSpeakerEvent) {
    this.#transport = transport;
    this.#onEvent = onEvent;
  }

  /** The peer that is expected from an origin (`originOf`). */
  expectedFrom(origin: string): PeerRunner | undefined {
    return this.#runners.get(origin);
  }

  async listen(options: ListenOptions): Promise<Result<void, string>> {
    const { port = bgpPort, device } = options;
    const where = `cannot listen on ${options.address} port ${port}${device === undefined ? '' : ` of ${device}`}`;
    const address = parseAddress(options.address);
    if (address === undefined) return refuse(`${where}: the address is not an IP address`);
    const deviceFault = device === undefined ? undefined : checkSocketOptions({ device })?.replace('socket.', '');
    if (deviceFault !== undefined) return refuse(`${where}: ${deviceFault}`);
    if (device === undefined && isLinkLocal(address)) return refuse(`${where}: a link-local address needs a device`);
    if (!Number.isInteger(port) || port < 1 || port > 65535) return refuse(`${where}: ports are 1 to 65535`);
    const opened = await this.#transport.listen(
      { address, port, device },
      (incoming) => this.#onIncoming(incoming),
      (origin, reason) => this.#onRefused(origin, reason),
    );
    if (!opened.ok) return refuse(`${where}: ${opened.fault}`);
    if (this.#isClosed) {
      await opened.value.close();
      return refuse(`${where}: the speaker is stopped`);
    }
    this.#listeners.push(opened.value);
    for (const runner of this.#runners.values()) expectOn(opened.value, runner);
    return succeed(undefined);
  }

  /** From now on connections from the peer's address are the peer's. */
  expect(runner: PeerRunner): void {
    this.#runners.set(originOf(runner.peer.config), runner);
    for (const listener of this.#listeners) expectOn(listener, runner);
  }

  forget(runner: PeerRunner): void {
    const origin = originOf(runner.peer.config);
    if (this.#runners.get(origin) !== runner) return;
    this.#runners.delete(origin);
    for (const listener of this.#listeners) listener.forget(runner.peer.config);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#listeners.splice(0).map((listener) => listener.close()));
  }

  #onIncoming(incoming: IncomingConnection): void {
    const { remoteAddress, localAddress, device } = incoming;
    const origin = originKey(remoteAddress, device);
    const runner = this.#runners.get(origin);
    const wanted = runner?.peer.config.localAddress;
    if (runner === undefined || (wanted !== undefined && wanted !== localAddress)) {
      incoming.refuse();
      this.#onRefused(origin, `it came to ${localAddress}, not to ${wanted ?? 'an address of a peer'}`);
    } else {
      runner.accept(incoming);
    }
  }

  /** Tells of the 1st, 2nd, 4th, 8th … connection of each stranger. */
  #onRefused(origin: string, reason: string): void {
    const isKnown = this.#strangers.has(origin) || this.#strangers.size < maxStrangers;
    const stranger = isKnown ? origin : 'others';
    const count = (this.#strangers.get(stranger) ?? 0) + 1;
    this.#strangers.set(stranger, count);
    if (!Number.isInteger(Math.log2(count))) return;
    const text = `closed a connection from ${origin}: ${reason}`;
    this.#onEvent({ kind: 'connectionRefused', remoteAddress: origin, count, text });
  }
}

function expectOn(listener: Listener, runner: PeerRunner): void {
  const { address, settings } = runner.peer.config;
  const peer: ExpectedPeer = { address, settings };
  const told = listener.expect(peer);
  if (!told.ok) runner.giveUp(told.fault);
}
