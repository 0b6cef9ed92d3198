/**
 * The demo's web servers: one for each endpoint of the release, answering `/healthz` and saying where they are.
 *
 * They stand in for HAProxy and what is behind it, on this machine alone.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { formatHostPort } from '#base/ip.ts';
import type { SiteConfig } from '#config/site.ts';

/** The web servers of all sites. */
export class StandIns {
  readonly #sites: ReadonlyMap<string, SiteConfig>;
  readonly #servers = new Map<string, readonly Server[]>();

  constructor(sites: ReadonlyMap<string, SiteConfig>) {
    this.#sites = sites;
  }

  /** The sites' short names. */
  get names(): readonly string[] {
    return [...this.#sites.keys()];
  }

  /** Starts a site's servers; returns what to tell the person. Rejects when an address cannot be had. */
  async start(site: string): Promise<string> {
    const config = this.#sites.get(site);
    if (config === undefined) return this.#unknown(site);
    if (this.#servers.has(site)) return `the web servers of ${site} run already`;
    const servers = await Promise.all(config.endpoints.map(({ answer, port }) => serve(config, answer, port)));
    this.#servers.set(site, servers);
    const where = config.endpoints.map(({ answer, port }) => formatHostPort(answer, port)).join(', ');
    return `started the web servers of ${site} on ${where}`;
  }

  /** Stops a site's servers; connections are refused from now on. */
  async stop(site: string): Promise<string> {
    if (!this.#sites.has(site)) return this.#unknown(site);
    const servers = this.#servers.get(site);
    if (servers === undefined) return `the web servers of ${site} are stopped already`;
    this.#servers.delete(site);
    await Promise.all(servers.map(close));
    return `stopped the web servers of ${site}`;
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#servers.keys()].map((site) => this.stop(site)));
  }

  #unknown(site: string): string {
    return `there is no site '${site}', expected one of ${this.names.join(', ')}`;
  }
}

async function serve(site: SiteConfig, address: string, port: number): Promise<Server> {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'text/plain; charset=utf-8');
    response.end(request.url === '/healthz' ? 'ok\n' : `hello from ${site.name} (${site.id})\n`);
  });
  server.listen(port, address);
  await once(server, 'listening');
  return server;
}

async function close(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}
