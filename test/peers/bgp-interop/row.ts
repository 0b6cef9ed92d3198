/** What a row of the matrix is, and what rows share: waiting for routes and for sessions of a daemon. */
import type { Family, PeerOptions } from '../../../src/bgp-ts/src/index.ts';
import type { Daemon, DaemonName, Needs, Neighbor, SeenNotification, SeenRoute } from './daemon.ts';
import { eventually } from './daemon.ts';
import { Ours } from './ours.ts';

/** One thing that a daemon and we do together. */
export interface Row {
  readonly name: string;
  /** Rows that stop or kill the daemon run alone, after all others. Default false. */
  readonly isDisruptive?: boolean;
  readonly isInternal?: boolean;
  readonly isOverIpv6?: boolean;
  /** Default: IPv4 unicast. */
  readonly families?: readonly Family[];
  readonly ourAsn?: number;
  readonly needs?: Needs;
  /** What is other than the name says where it passes. */
  readonly but?: Partial<Record<DaemonName, string>>;
  /** Why a daemon has no such thing. */
  readonly lacking?: Partial<Record<DaemonName, string>>;
  readonly run: (bench: Bench) => Promise<void>;
}

/** Where a row runs. */
export class Bench {
  readonly daemon: Daemon;
  readonly neighbor: Neighbor;
  /** A daemon that no row disturbs, and the neighbor that stands for this one there. */
  readonly witness: { readonly daemon: Daemon; readonly neighbor: Neighbor };
  readonly prefix: string;
  readonly prefix6: string;
  #ours: Ours[] = [];

  constructor(daemon: Daemon, neighbor: Neighbor, witness: Bench['witness']) {
    this.daemon = daemon;
    this.neighbor = neighbor;
    this.witness = witness;
    this.prefix = `172.16.${neighbor.index}.0/24`;
    this.prefix6 = `2001:db8:${neighbor.index.toString(16)}::/48`;
  }

  /** Our speaker with the daemon as its peer; ends with the row. */
  speak(options: Partial<PeerOptions> = {}): Ours {
    const ours = new Ours(this.neighbor, options);
    this.#ours.push(ours);
    return ours;
  }

  /** Waits until the daemon has the prefix, and `isWanted` of the route. */
  async route(prefix = this.prefix, isWanted: (route: SeenRoute) => boolean = () => true): Promise<SeenRoute> {
    let last: SeenRoute | undefined;
    const probe = async (): Promise<SeenRoute | undefined> => {
      last = await this.daemon.route(this.neighbor, prefix);
      return last !== undefined && isWanted(last) ? last : undefined;
    };
    return eventually(`${prefix} at ${this.daemon.name}`, probe).catch((error: unknown) => {
      throw new Error(`${String(error)}; last: ${JSON.stringify(last)}`);
    });
  }

  /** Waits until the daemon has no such route. */
  async noRoute(prefix = this.prefix): Promise<void> {
    const probe = async (): Promise<true | undefined> =>
      (await this.daemon.route(this.neighbor, prefix)) === undefined ? true : undefined;
    await eventually(`no ${prefix} at ${this.daemon.name}`, probe);
  }

  async count(wanted: number): Promise<void> {
    let last = 0;
    const probe = async (): Promise<true | undefined> => {
      last = await this.daemon.count(this.neighbor);
      return last === wanted ? true : undefined;
    };
    await eventually(`${wanted} prefixes at ${this.daemon.name}`, probe).catch((error: unknown) => {
      throw new Error(`${String(error)}; last: ${last}`);
    });
  }

  /** Waits until the daemon says that the session is, or is not, established. */
  async daemonHasSession(isWanted: boolean): Promise<void> {
    const probe = async (): Promise<true | undefined> =>
      (await this.daemon.isEstablished(this.neighbor)) === isWanted ? true : undefined;
    await eventually(`${isWanted ? 'a' : 'no'} session in the words of ${this.daemon.name}`, probe);
  }

  /** Waits until the daemon has logged a NOTIFICATION of ours; gives its text. */
  async daemonReceived(code: number, subcode: number): Promise<string> {
    const probe = async (): Promise<SeenNotification | undefined> =>
      (await this.daemon.received(this.neighbor)).find((one) => one.code === code && one.subcode === subcode);
    const awaited = `NOTIFICATION ${code}/${subcode} in the log of ${this.daemon.name}`;
    return (await eventually(awaited, probe)).text;
  }

  /** Ends our speakers; gives what they told. */
  async end(): Promise<string> {
    const ours = this.#ours;
    this.#ours = [];
    await Promise.all(ours.map((one) => one.stop()));
    return ours.map((one) => one.text()).join('\n');
  }
}
