/**
 * A BFD speaker in this thread (RFC 5880, 5881, 5883): sessions, the sockets they use, and which packet is for whom.
 * `createWorkerBfd` has the same in a thread of its own, which is the one to use beside other work.
 *
 * Sockets that the system refuses (an address or an interface that is not there yet, a port that another program has) are
 * tried again until the session is removed; so are those by which nothing can be sent any more.
 */
import { randomInt } from 'node:crypto';
import { refuse, succeed } from '../result.ts';
import type { Result } from '../result.ts';
import { loadLibc } from '../system/libc.ts';
import type { Libc } from '../system/libc.ts';
import { familyOf } from '../wire/address.ts';
import { bfdPort, openBfdSender, sourcePorts, zoned } from './datagram.ts';
import type { ListenSpot } from './datagram.ts';
import { defaultFaultRestMs } from './fault-rest.ts';
import { listenerName, ListenerPool } from './listener-pool.ts';
import { checkBfdOptions } from './options.ts';
import type { BfdSettings } from './options.ts';
import { emptyControlPacket, readControlPacket } from './packet.ts';
import { SessionRunner } from './session-runner.ts';
import { SessionTable } from './session-table.ts';
import type { BfdEvent, BfdSessionOptions, BfdSnapshot, BfdSpeaker } from './types.ts';

/** What a speaker is given. */
export interface BfdSpeakerOptions {
  readonly onEvent: (event: BfdEvent) => void;
  /**
   * Runs single-hop sessions also where koffi is missing, so that packets from afar, with a TTL under 255, are taken for
   * the peer's (RFC 5881 §5 forbids that). Default false.
   */
  readonly allowUnfiltered?: boolean;
  /** How long a session rests after a bug of this program, in milliseconds; doubles up to ten minutes. Default 10000. */
  readonly faultRestMs?: number;
}

/** A stop takes no longer than this: time for an AdminDown at once and one more. */
const stopFarewellMs = 1100;

/** Between attempts to open the sockets of a session. */
const reopenMs = 3000;

/** Sessions in this thread. */
export class InThreadBfd implements BfdSpeaker {
  readonly #options: BfdSpeakerOptions;
  readonly #libc: Result<Libc, string>;
  readonly #packet = emptyControlPacket();
  readonly #table = new SessionTable<SessionRunner>();
  readonly #running = new Map<string, SessionRunner>();
  readonly #listeners: ListenerPool;
  #isStopped = false;
  #isUnfilteredTold = false;

  constructor(options: BfdSpeakerOptions, libc: Result<Libc, string> = loadLibc()) {
    this.#options = options;
    this.#libc = libc;
    this.#listeners = new ListenerPool(libc.ok ? libc.value : undefined, {
      received: (bytes, listener, source) => this.#receive(bytes, listener, source),
      failed: (text) => this.#report(text),
    });
  }

  addSession(options: BfdSessionOptions): Result<string, string> {
    const checked = checkBfdOptions(options);
    if (!checked.ok) return checked;
    const settings = checked.value;
    const refusal = this.#refusal(settings);
    if (refusal !== undefined) return refuse(`cannot add BFD session "${settings.name}": ${refusal}`);
    this.#start(settings);
    return succeed(settings.name);
  }

  removeSession(name: string): boolean {
    const runner = this.#running.get(name);
    if (runner === undefined) return false;
    this.#running.delete(name);
    void runner.leave().then(() => this.#forget(runner));
    return true;
  }

  snapshot(): Promise<readonly BfdSnapshot[]> {
    return Promise.resolve([...this.#running.values()].map((runner) => runner.snapshot()));
  }

  async stop({ isSilent }: { readonly isSilent: boolean }): Promise<void> {
    this.#isStopped = true;
    const runners = [...this.#running.values()];
    this.#running.clear();
    if (!isSilent) await Promise.all(runners.map((runner) => runner.leave(stopFarewellMs)));
    // Those too that were removed before and still say so.
    for (const runner of this.#table.sessions()) this.#forget(runner);
  }

  #refusal(settings: BfdSettings): string | undefined {
    if (this.#isStopped) return 'the speaker is stopped';
    if (this.#running.has(settings.name)) return 'there is one of this name';
    const same = this.#table.findByOrigin(listenerName(spotOf(settings)), zoned(settings.address, settings.device));
    if (same !== undefined && this.#running.get(same.settings.name) === same) {
      return `session "${same.settings.name}" is with this peer already`;
    }
    if (this.#libc.ok) return undefined;
    if (settings.device !== undefined) return `it cannot be bound to a device: ${this.#libc.fault}`;
    if (settings.isMultihop) return undefined;
    if (this.#options.allowUnfiltered !== true) {
      return `packets with a TTL under 255 cannot be kept out: ${this.#libc.fault}; allowUnfiltered permits it`;
    }
    if (!this.#isUnfilteredTold) {
      this.#report(`BFD takes packets of any TTL, which RFC 5881 forbids: ${this.#libc.fault}`);
    }
    this.#isUnfilteredTold = true;
    return undefined;
  }

  #start(settings: BfdSettings): void {
    const spot = spotOf(settings);
    const origin = { listener: listenerName(spot), source: zoned(settings.address, settings.device) };
    // One that was removed and still says AdminDown would take the new one down.
    const leaving = this.#table.findByOrigin(origin.listener, origin.source);
    if (leaving !== undefined) this.#forget(leaving);
    const runner: SessionRunner = new SessionRunner({
      settings,
      discriminator: this.#freeDiscriminator(),
      random: Math.random,
      onEvent: this.#options.onEvent,
      receivedCount: () => this.#listeners.receivedCount(spot),
      openSockets: () => this.#openSockets(runner),
      reopenMs,
      faultRestMs: this.#options.faultRestMs ?? defaultFaultRestMs,
    });
    this.#table.add(runner, runner.discriminator, origin);
    this.#running.set(settings.name, runner);
    runner.open();
  }

  #openSockets(runner: SessionRunner): Result<void, string> {
    const spot = spotOf(runner.settings);
    const listening = this.#listeners.acquire(spot, runner);
    if (!listening.ok) return listening;
    const { address, localAddress, device } = runner.settings;
    const firstPort = sourcePorts.first + randomInt(sourcePorts.count);
    const path = { address, localAddress, device, port: spot.port };
    const opened = openBfdSender(this.#libc.ok ? this.#libc.value : undefined, path, firstPort, runner);
    if (!opened.ok) return opened;
    runner.sendBy(opened.value);
    return succeed(undefined);
  }

  /** Checks a packet in the order of RFC 5880 §6.8.6 and hands it to its session. */
  #receive(bytes: Uint8Array, listener: string, source: string): void {
    try {
      const fault = readControlPacket(bytes, this.#packet);
      const { yourDiscriminator } = this.#packet;
      const runner = fault === undefined ? this.#table.find(yourDiscriminator, listener, source) : undefined;
      if (runner === undefined) this.#table.findByOrigin(listener, source)?.drop();
      else runner.receive(this.#packet);
    } catch (error) {
      this.#table.findByOrigin(listener, source)?.fail(error);
    }
  }

  /** Ends a session and gives back what it has; once. */
  #forget(runner: SessionRunner): void {
    runner.close();
    this.#table.remove(runner.discriminator);
    this.#listeners.release(spotOf(runner.settings), runner);
  }

  /** Drawn at random, so that nobody who does not see packets can guess it (§6.3). */
  #freeDiscriminator(): number {
    for (;;) {
      const discriminator = randomInt(1, 0x1_0000_0000);
      if (!this.#table.has(discriminator)) return discriminator;
    }
  }

  #report(text: string): void {
    this.#options.onEvent({ kind: 'error', text });
  }
}

function spotOf(settings: BfdSettings): ListenSpot {
  return {
    family: familyOf(settings.address) === 'ipv4-unicast' ? 'ipv4' : 'ipv6',
    port: settings.isMultihop ? bfdPort.multihop : bfdPort.singleHop,
    address: settings.localAddress,
    device: settings.device,
  };
}
