/**
 * The other coordinators: each is told this one's full state, on a push of its own. The decision keeps the rhythm.
 */
import type { SiteId } from '#health/model.ts';
import type { PeerReport } from '#health/report.ts';
import type { Logger } from '#config/log.ts';
import { createReportPush } from '#replication/report-push.ts';
import type { ReportPush } from '#replication/report-push.ts';

/** Pushes to every other coordinator of the release. */
export class Peers {
  readonly #token: string | undefined;
  readonly #log: Logger;
  readonly #latencies: () => () => PeerReport['latencies'];
  readonly #pushes = new Map<SiteId, { readonly url: string; readonly push: ReportPush }>();
  #latest: PeerReport | undefined;

  /** `latencies` gives, for each coordinator that is told, a function that gives what is new of round trips. */
  constructor(token: string | undefined, log: Logger, latencies: () => () => PeerReport['latencies']) {
    this.#token = token;
    this.#log = log;
    this.#latencies = latencies;
  }

  /** Takes the APIs of the other sites' coordinators; a site without one is not told. */
  replace(apis: ReadonlyMap<SiteId, string | undefined>): void {
    for (const [site, { url, push }] of this.#pushes) {
      if (apis.get(site) === url) continue;
      this.#pushes.delete(site);
      void push.close();
    }
    for (const [site, url] of apis) {
      if (url !== undefined && !this.#pushes.has(site)) this.#pushes.set(site, { url, push: this.#open(site, url) });
    }
  }

  /** Sends a report to everyone; where one is on its way still, the newest follows it. */
  tell(report: PeerReport): void {
    this.#latest = report;
    for (const { push } of this.#pushes.values()) push.publish(true);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pushes.values()].map(({ push }) => push.close()));
  }

  #open(site: SiteId, url: string): ReportPush {
    const news = this.#latencies();
    return createReportPush({
      url,
      path: '/v1/peer-reports',
      token: this.#token,
      compose: () => {
        const latencies = news();
        return latencies === undefined ? this.#latest : { ...this.#latest, latencies };
      },
      onContact: (contact) => {
        if (contact.kind === 'reached') this.#log.info({ event: 'peer' }, `coordinator of ${site} takes reports`);
        else this.#log.warn({ event: 'peer' }, `coordinator of ${site} takes no reports: ${contact.reason}`);
      },
    });
  }
}
