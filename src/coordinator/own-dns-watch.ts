/** Asks this coordinator's own DNS in every nameserver prefix of its site (R18), every second until it is stopped. */
import type { IpPrefix } from '#base/ip.ts';
import type { ListenAddress } from '#serve/listen-fault.ts';
import type { PrefixPolicy } from '#steering/model.ts';
import type { ZoneSummary } from '#dns/zone/image.ts';
import { askOwnDns } from './own-dns.ts';
import type { OwnDnsResult } from './own-dns.ts';

/** Between two questions. */
const intervalMs = 1000;

/** What is asked about, read anew each time. */
export interface OwnDnsSubject {
  readonly prefixes: readonly PrefixPolicy[];
  /** The zone to ask for. */
  readonly zone: ZoneSummary | undefined;
  readonly bound: readonly ListenAddress[];
}

/** What is needed to ask. */
export interface OwnDnsWatchOptions {
  readonly site: string;
  readonly subject: () => OwnDnsSubject;
  readonly onResult: (prefix: IpPrefix, result: OwnDnsResult) => void;
}

/** The questions of one coordinator to itself. */
export class OwnDnsWatch {
  readonly #options: OwnDnsWatchOptions;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: OwnDnsWatchOptions) {
    this.#options = options;
  }

  /** Asks now, and from now on; resolves when the first answers are in. */
  async start(): Promise<void> {
    const { site, subject, onResult } = this.#options;
    const { prefixes, zone, bound } = subject();
    for (const { prefix, gate, sites } of prefixes) {
      if (gate !== 'nameserver' || !sites.includes(site)) continue;
      onResult(prefix, await askOwnDns(prefix, zone, bound));
    }
    if (!this.#isStopped) this.#timer = setTimeout(() => void this.start(), intervalMs);
  }

  /** No question is asked any more. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }
}
