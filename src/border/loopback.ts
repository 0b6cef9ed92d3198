/**
 * Anycast addresses on a node's loopback, put there before their routes are told and taken off after (`loopback:
 * managed`), with `ip` of iproute2. What was there before, put by the operator, is never touched.
 *
 * Which addresses are ours is remembered by whoever runs this (`onOwned`) before one is added, so that a restart knows.
 */
import { execFile } from 'node:child_process';
import { familyOf } from '#base/ip.ts';
import type { IpAddress } from '#base/ip.ts';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';

/** Runs `ip` with arguments; the fault is what it wrote. */
export type RunIp = (args: readonly string[]) => Promise<Result<void, string>>;

export interface LoopbackOptions {
  /** Addresses that an earlier run put there. */
  readonly owned: readonly IpAddress[];
  /** Keeps which addresses are ours. */
  readonly onOwned: (owned: readonly IpAddress[]) => void;
  /** The addresses that are on the node now. */
  readonly readAddresses: () => ReadonlySet<IpAddress>;
  readonly runIp?: RunIp;
}

/** The addresses that we put there. */
export class Loopback {
  readonly #options: LoopbackOptions;
  readonly #owned: Set<IpAddress>;
  /** One change at a time, in the order asked for. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: LoopbackOptions) {
    this.#options = options;
    this.#owned = new Set(options.owned);
  }

  /** The addresses that we put there. */
  get owned(): readonly IpAddress[] {
    return [...this.#owned];
  }

  /** Sees to it that an address is there; the fault is a sentence. */
  put(address: IpAddress): Promise<Result<void, string>> {
    return this.#inTurn(async () => {
      if (this.#options.readAddresses().has(address)) return succeed(undefined);
      this.#own(address, true);
      const added = await this.#ip([
        'address',
        'add',
        ...hostOf(address),
        ...(familyOf(address) === 6 ? ['nodad'] : []),
      ]);
      if (added.ok || /exists/i.test(added.fault)) return succeed(undefined);
      this.#own(address, false);
      return refuse(`${address} cannot be put on the loopback: ${added.fault}`);
    });
  }

  /** Takes an address off if we put it there; the fault is a sentence. */
  takeOff(address: IpAddress): Promise<Result<void, string>> {
    return this.#inTurn(async () => {
      if (!this.#owned.has(address)) return succeed(undefined);
      const removed = await this.#ip(['address', 'del', ...hostOf(address)]);
      const isGone = removed.ok || !this.#options.readAddresses().has(address);
      if (isGone) this.#own(address, false);
      return isGone ? succeed(undefined) : refuse(`${address} cannot be taken off the loopback: ${removed.fault}`);
    });
  }

  #own(address: IpAddress, isOurs: boolean): void {
    if (isOurs) this.#owned.add(address);
    else this.#owned.delete(address);
    this.#options.onOwned(this.owned);
  }

  #ip(args: readonly string[]): Promise<Result<void, string>> {
    return (this.#options.runIp ?? runIp)(args);
  }

  #inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

function hostOf(address: IpAddress): readonly string[] {
  return [`${address}/${familyOf(address) === 4 ? 32 : 128}`, 'dev', 'lo'];
}

/** How long `ip` may take. */
const ipTimeoutMs = 2000;

function runIp(args: readonly string[]): Promise<Result<void, string>> {
  return new Promise((resolve) => {
    execFile('ip', args, { timeout: ipTimeoutMs }, (error, _stdout, stderr) => {
      resolve(error === null ? succeed(undefined) : refuse(stderr.trim() === '' ? error.message : stderr.trim()));
    });
  });
}
