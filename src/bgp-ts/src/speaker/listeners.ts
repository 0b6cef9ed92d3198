/**
 * Where a speaker accepts connections, and whose: every listener expects every peer that may connect, whichever of the two
 * was there first. Connections of others are closed by the transport; here they become events, seldom enough for a log.
 */
import type { Result } from '../result.ts';
import { refuse, succeed } from '../result.ts';
import type { ExpectedPeer, IncomingConnection, Listener, Transport } from '../socket/transport.ts';
import type { Address } from '../wire/address.ts';
import { parseAddress } from '../wire/address.ts';
import type { PeerRunner } from './peer-runner.ts';
import type { ListenOptions, OnSpeakerEvent } from './types.ts';

const bgpPort = 179;

/** How many strangers are told apart; beyond that they count as one. */
const maxStrangers = 256;

/** The listeners of one speaker. */
export class Listeners {
  readonly #transport: Transport;
  readonly #onEvent: OnSpeakerEvent;
  readonly #listeners: Listener[] = [];
  readonly #runners = new Map<Address, PeerRunner>();
  readonly #strangers = new Map<Address | 'others', number>();
  #isClosed = false;

  constructor(transport: Transport, onEvent: OnSpeakerEvent) {
    this.#transport = transport;
    this.#onEvent = onEvent;
  }

  /** The peer that is expected from an address. */
  expectedFrom(address: Address): PeerRunner | undefined {
    return this.#runners.get(address);
  }

  async listen(options: ListenOptions): Promise<Result<void, string>> {
    const { port = bgpPort } = options;
    const where = `cannot listen on ${options.address} port ${port}`;
    const address = parseAddress(options.address);
    if (address === undefined) return refuse(`${where}: the address is not an IP address`);
    if (!Number.isInteger(port) || port < 1 || port > 65535) return refuse(`${where}: ports are 1 to 65535`);
    const opened = await this.#transport.listen(
      { address, port },
      (incoming) => this.#onIncoming(incoming),
      (remoteAddress, reason) => this.#onRefused(remoteAddress, reason),
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
    this.#runners.set(runner.peer.config.address, runner);
    for (const listener of this.#listeners) expectOn(listener, runner);
  }

  forget(runner: PeerRunner): void {
    const { address } = runner.peer.config;
    if (this.#runners.get(address) !== runner) return;
    this.#runners.delete(address);
    for (const listener of this.#listeners) listener.forget(address);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#listeners.splice(0).map((listener) => listener.close()));
  }

  #onIncoming(incoming: IncomingConnection): void {
    const { remoteAddress, localAddress } = incoming;
    const runner = this.#runners.get(remoteAddress);
    const wanted = runner?.peer.config.localAddress;
    if (runner === undefined || (wanted !== undefined && wanted !== localAddress)) {
      incoming.refuse();
      this.#onRefused(remoteAddress, `it came to ${localAddress}, not to ${wanted ?? 'an address of a peer'}`);
    } else {
      runner.accept(incoming);
    }
  }

  /** Tells of the 1st, 2nd, 4th, 8th … connection of each stranger. */
  #onRefused(remoteAddress: Address, reason: string): void {
    const isKnown = this.#strangers.has(remoteAddress) || this.#strangers.size < maxStrangers;
    const stranger = isKnown ? remoteAddress : 'others';
    const count = (this.#strangers.get(stranger) ?? 0) + 1;
    this.#strangers.set(stranger, count);
    if (!Number.isInteger(Math.log2(count))) return;
    const text = `closed a connection from ${remoteAddress}: ${reason}`;
    this.#onEvent({ kind: 'connectionRefused', remoteAddress, count, text });
  }
}

function expectOn(listener: Listener, runner: PeerRunner): void {
  const { address, settings } = runner.peer.config;
  const peer: ExpectedPeer = { address, settings };
  const told = listener.expect(peer);
  if (!told.ok) runner.giveUp(told.fault);
}
