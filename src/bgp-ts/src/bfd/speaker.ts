/**
 * A BFD speaker in this thread (RFC 5880, 5881, 5883): sessions, the listeners that they share, and which packet is for
 * whom. `createWorkerBfd` has the same in a thread of its own, which is the one to use beside other work.
 */
import { randomInt } from 'node:crypto';
import { refuse, succeed } from '../result.ts';
import type { Result } from '../result.ts';
import { loadLibc } from '../system/libc.ts';
import type { Libc } from '../system/libc.ts';
import { familyOf } from '../wire/address.ts';
import { bfdPort, openBfdListener, openBfdSender, sourcePorts, zoned } from './datagram.ts';
import type { BfdListener, ListenSpot } from './datagram.ts';
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
}

/** A stop takes no longer than this: time for an AdminDown at once and one more. */
const stopFarewellMs = 1100;

interface SharedListener {
  readonly spot: ListenSpot;
  readonly listener: BfdListener;
  userCount: number;
}

/** Sessions in this thread. */
export class InThreadBfd implements BfdSpeaker {
  readonly #options: BfdSpeakerOptions;
  readonly #libc: Result<Libc, string>;
  readonly #packet = emptyControlPacket();
  readonly #table = new SessionTable<SessionRunner>();
  readonly #running = new Map<string, SessionRunner>();
  readonly #listeners = new Map<string, SharedListener>();
  #isStopped = false;
  #isUnfilteredTold = false;

  constructor(options: BfdSpeakerOptions, libc: Result<Libc, string> = loadLibc()) {
    this.#options = options;
    this.#libc = libc;
  }

  addSession(options: BfdSessionOptions): Result<string, string> {
    const checked = checkBfdOptions(options);
    if (!checked.ok) return checked;
    const settings = checked.value;
    const refusal = this.#refusal(settings);
    const started = refusal === undefined ? this.#start(settings) : refuse(refusal);
    return started.ok ? succeed(settings.name) : refuse(`cannot add BFD session "${settings.name}": ${started.fault}`);
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
    await Promise.all(
      runners.map(async (runner) => {
        if (!isSilent) await runner.leave(stopFarewellMs);
        this.#forget(runner);
      }),
    );
    // Those that were removed before and still say so are cut short.
    for (const { listener } of this.#listeners.values()) listener.close();
    this.#listeners.clear();
    for (const runner of this.#table.sessions()) runner.close();
  }

  #refusal(settings: BfdSettings): string | undefined {
    if (this.#isStopped) return 'the speaker is stopped';
    if (this.#running.has(settings.name)) return 'there is one of this name';
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

  #start(settings: BfdSettings): Result<void, string> {
    const spot = spotOf(settings);
    const listenerName = nameOf(spot);
    const source = zoned(settings.address, settings.device);
    const earlier = this.#table.findByOrigin(listenerName, source);
    if (earlier !== undefined) {
      if (this.#running.get(earlier.settings.name) === earlier) {
        return refuse(`session "${earlier.settings.name}" is with this peer already`);
      }
      // It was removed and still says AdminDown, which would take the new one down.
      this.#forget(earlier);
    }
    const shared = this.#listen(listenerName, spot);
    if (!shared.ok) return shared;
    const runner = new SessionRunner({
      settings,
      discriminator: this.#freeDiscriminator(),
      random: Math.random,
      onEvent: this.#options.onEvent,
      receivedCount: () => shared.value.listener.receivedCount,
    });
    const sent = this.#openSender(runner);
    if (!sent.ok) {
      this.#release(listenerName);
      return sent;
    }
    this.#table.add(runner, runner.discriminator, { listener: listenerName, source });
    this.#running.set(settings.name, runner);
    return succeed(undefined);
  }

  #openSender(runner: SessionRunner): Result<void, string> {
    const { address, localAddress, device, isMultihop } = runner.settings;
    const port = isMultihop ? bfdPort.multihop : bfdPort.singleHop;
    const firstPort = sourcePorts.first + randomInt(sourcePorts.count);
    const opened = openBfdSender(
      this.#libc.ok ? this.#libc.value : undefined,
      { address, localAddress, device, port },
      firstPort,
      {
        ready: () => runner.start(),
        sent: runner.noteSent,
        failed: (text) => this.#report(text),
      },
    );
    if (!opened.ok) return opened;
    runner.sendBy(opened.value);
    return succeed(undefined);
  }

  #listen(name: string, spot: ListenSpot): Result<SharedListener, string> {
    const existing = this.#listeners.get(name);
    if (existing !== undefined) {
      existing.userCount++;
      return succeed(existing);
    }
    const isFirst = ![...this.#listeners.values()].some(
      (other) => other.spot.port === spot.port && other.spot.family === spot.family,
    );
    const opened = openBfdListener(this.#libc.ok ? this.#libc.value : undefined, spot, isFirst, {
      received: (bytes, source) => this.#receive(bytes, name, source),
      failed: (text) => this.#report(text),
    });
    if (!opened.ok) return opened;
    const shared = { spot, listener: opened.value, userCount: 1 };
    this.#listeners.set(name, shared);
    return succeed(shared);
  }

  #release(listenerName: string): void {
    const shared = this.#listeners.get(listenerName);
    if (shared === undefined || --shared.userCount > 0) return;
    shared.listener.close();
    this.#listeners.delete(listenerName);
  }

  /** Checks a packet in the order of RFC 5880 §6.8.6 and hands it to its session. */
  #receive(bytes: Uint8Array, listener: string, source: string): void {
    const fault = readControlPacket(bytes, this.#packet);
    const runner = fault === undefined ? this.#table.find(this.#packet.yourDiscriminator, listener, source) : undefined;
    if (runner === undefined) this.#table.findByOrigin(listener, source)?.drop();
    else runner.receive(this.#packet);
  }

  /** Ends a session and gives back what it has; once. */
  #forget(runner: SessionRunner): void {
    runner.close();
    if (!this.#table.has(runner.discriminator)) return;
    this.#table.remove(runner.discriminator);
    this.#release(nameOf(spotOf(runner.settings)));
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

function nameOf(spot: ListenSpot): string {
  return `${spot.family}/${spot.port}/${spot.address ?? '*'}/${spot.device ?? '*'}`;
}
