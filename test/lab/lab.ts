/**
 * The lab: the world of world.ts as containers, with what scenarios do to it and see of it.
 *
 * `startLab` builds the images, starts everything and returns when the daemons around fairlead work: routes, VIPs, web
 * servers. `settle` waits until fairlead, too, sees both sites up.
 */
import type Dockerode from 'dockerode';
import type { StartedTestContainer } from 'testcontainers';
import type { EndpointStatus, Status } from '#api/status.ts';
import { statusSchema } from '#api/status.ts';
import { buildImages, connectDocker, createNetwork, removeLeftovers, startContainers } from './docker.ts';
import { configDirectory } from './render/release.ts';
import type { Timeline } from './timeline.ts';
import type { DnsView, RouteView } from './views.ts';
import { describeDns, describeRoute, digCommand, parseBird, parseDig, routeCommand } from './views.ts';
import { waitFor } from './wait.ts';
import type { Seen } from './wait.ts';
import type { Watcher } from './watch.ts';
import { startWatcher } from './watch.ts';
import { anycast, client, hosts, networks, sites, zone } from './world.ts';
import type { Machine, Site, SiteId } from './world.ts';

const startDeadlineMs = 60_000;
const settleDeadlineMs = 90_000;

/** The name whose answer is every address that is up. */
export const watchedName = `all.${zone}`;

/** A site's name servers and routers as the lab watches them all the time. */
export interface SiteWatch {
  readonly dns: Watcher<DnsView>;
  readonly route: Watcher<RouteView>;
}

export class Lab {
  readonly #docker: Dockerode;
  readonly #containers: ReadonlyMap<string, StartedTestContainer>;
  #watches: ReadonlyMap<SiteId, SiteWatch> = new Map();
  #timeline: Timeline | undefined;

  constructor(docker: Dockerode, containers: ReadonlyMap<string, StartedTestContainer>) {
    this.#docker = docker;
    this.#containers = containers;
  }

  /** Runs a command in a host and returns what it printed; throws when it fails. */
  async exec(host: string, command: readonly string[]): Promise<string> {
    const { exitCode, output } = await this.try(host, command);
    if (exitCode !== 0) throw new Error(`${host}: '${command.join(' ')}' failed with ${exitCode}: ${output}`);
    return output;
  }

  /** Runs a command in a host that may fail. */
  async try(host: string, command: readonly string[]): Promise<{ readonly exitCode: number; readonly output: string }> {
    return this.#container(host).exec([...command]);
  }

  /** Replaces a file in a host. */
  async write(host: string, path: string, text: string): Promise<void> {
    await this.#container(host).copyContentToContainer([{ content: text, target: path }]);
  }

  async killDaemon(host: string, name: string): Promise<void> {
    await this.exec(host, ['daemon', 'kill', name]);
  }

  async startDaemon(host: string, name: string): Promise<void> {
    await this.exec(host, ['daemon', 'start', name]);
  }

  /** Kills the web servers of these sites, all at once. */
  async killBackends(...of: readonly Site[]): Promise<void> {
    await Promise.all(of.flatMap((site) => site.backends.map(({ name }) => this.killDaemon(name, 'httpd'))));
  }

  async startBackends(...of: readonly Site[]): Promise<void> {
    await Promise.all(of.flatMap((site) => site.backends.map(({ name }) => this.startDaemon(name, 'httpd'))));
  }

  /** Cuts a site off from everything outside it, in both directions. */
  async cut(site: Site): Promise<void> {
    await this.exec(site.router.name, ['wan', 'down']);
  }

  async heal(site: Site): Promise<void> {
    await this.exec(site.router.name, ['wan', 'up']);
  }

  /** Ends the first process of a container, and so the container, by a signal; waits until it is gone. */
  async killContainer(host: string, signal: 'KILL' | 'TERM' = 'KILL'): Promise<void> {
    const container = this.#docker.getContainer(this.#container(host).getId());
    await container.kill({ signal });
    // The engine answers before the container is gone.
    await container.wait({ condition: 'not-running' });
  }

  /** Starts a killed container again, with the addresses and files that it had. */
  async startContainer(host: string): Promise<void> {
    await this.#docker.getContainer(this.#container(host).getId()).start();
  }

  /** Asks a site's coordinator once, from the router beside it, which reaches it even when the site is cut off. */
  async dig(site: Site, name: string, type = 'A'): Promise<DnsView> {
    const command = digCommand(site.coordinator.address, name, type);
    return parseDig((await this.try(site.router.name, ['bash', '-c', command])).output);
  }

  /** What a client gets over HTTP from an address: the status and the first line of the body; status 0 for none. */
  async curl(address: string): Promise<{ readonly status: number; readonly body: string }> {
    // Who does not answer a SYN in two seconds is away; an answer may take longer on a busy machine.
    const limits = ['--connect-timeout', '2', '--max-time', '10'];
    const command = ['curl', '--silent', ...limits, '--write-out', '\n%{http_code}', `http://${address}/`];
    const lines = (await this.try(client.name, command)).output.split('\n');
    return { status: Number(lines.at(-1)), body: lines[0] ?? '' };
  }

  /** The node of the site that has the VIP now; undefined when none or both have it. */
  async vipOwner(site: Site): Promise<Machine | undefined> {
    const outputs = await Promise.all(
      site.nodes.map(({ name }) => this.exec(name, ['ip', '-oneline', 'address', 'show', 'to', site.vip])),
    );
    const owners = site.nodes.filter((_, index) => outputs[index]?.trim() !== '');
    return owners.length === 1 ? owners[0] : undefined;
  }

  /** What a container printed since a time (Unix milliseconds). */
  async logs(host: string, sinceMs = 0): Promise<string> {
    const container = this.#docker.getContainer(this.#container(host).getId());
    const since = Math.floor(sinceMs / 1000);
    const bytes = await container.logs({ stdout: true, stderr: true, since });
    return readLog(bytes);
  }

  /** The latest samples of a site's coordinator and router. */
  watch(site: Site): SiteWatch {
    const watch = this.#watches.get(site.id);
    if (watch === undefined) throw new Error(`bug: ${site.id} is not watched yet`);
    return watch;
  }

  /** Watches another name at a site's coordinator until the lab stops. */
  async watchDns(site: Site, name: string, type: string): Promise<Watcher<DnsView>> {
    const watcher = await startWatcher({
      name: `dns ${name} at ${site.id}`,
      container: this.#docker.getContainer(this.#container(site.router.name).getId()),
      command: digCommand(site.coordinator.address, name, type),
      parse: parseDig,
      describe: describeDns,
    });
    watcher.reportTo(this.#timeline);
    return watcher;
  }

  /** Starts the watchers that run all the time. */
  async startWatchers(): Promise<void> {
    const pairs = sites.map(async (site): Promise<[SiteId, SiteWatch]> => {
      const route = await startWatcher({
        name: `BIRD at ${site.id}`,
        container: this.#docker.getContainer(this.#container(site.router.name).getId()),
        command: routeCommand(anycast.prefix),
        parse: parseBird,
        describe: describeRoute,
      });
      return [site.id, { dns: await this.watchDns(site, watchedName, 'A'), route }];
    });
    this.#watches = new Map(await Promise.all(pairs));
  }

  /** From now on each change that a watcher sees goes into this timeline. */
  reportTo(timeline: Timeline | undefined): void {
    this.#timeline = timeline;
    for (const { dns, route } of this.#watches.values()) {
      dns.reportTo(timeline);
      route.reportTo(timeline);
    }
  }

  /** Whether a coordinator's latest answer is exactly these addresses, in any order. */
  answers(site: Site, addresses: readonly string[]): Seen {
    const view = this.watch(site).dns.latest?.value;
    if (view === undefined) return 'nothing yet';
    const wanted = [...addresses].sort().join(' ');
    return (view.status === 'NOERROR' && view.answers.join(' ') === wanted) || describeDns(view);
  }

  /** Whether the router of a site has, or has not, the route of its coordinator over an Established session. */
  hasRoute(site: Site, wanted: boolean): Seen {
    const view = this.watch(site).route.latest?.value;
    if (view === undefined) return 'nothing yet';
    return (view.session === 'Established' && view.hasRoute === wanted) || describeRoute(view);
  }

  /** What a coordinator says of itself; undefined while it does not answer. */
  async status(site: Site): Promise<Status | undefined> {
    const command = ['fairlead', 'status', '--config', configDirectory, '--output', 'json'];
    const { output } = await this.try(site.coordinator.name, command);
    return output.startsWith('{') ? statusSchema.parse(JSON.parse(output)) : undefined;
  }

  /** What a coordinator holds of a site's web service. */
  async verdict(at: Site, about: Site): Promise<EndpointStatus | undefined> {
    const status = await this.status(at);
    return status?.services.flatMap(({ endpoints }) => endpoints).find((endpoint) => endpoint.site === about.id);
  }

  /**
   * Waits until everything works: both VIPs answer, every agent reports to both coordinators and is believed, both
   * coordinators give both sites, both routers have the route.
   */
  async settle(): Promise<void> {
    await this.settleDaemons();
    const vips = sites.map((site) => site.vip);
    for (const site of sites) {
      for (const other of sites) {
        const believed = async (): Promise<Seen> => {
          const verdict = await this.verdict(site, other);
          const isHeard = verdict?.nodes.every(({ state }) => state === 'up') === true;
          return (
            (isHeard && verdict.state === 'up' && verdict.basis === 'inside') || JSON.stringify(verdict ?? 'nothing')
          );
        };
        await waitFor(`the agents of ${other.id} at ${site.id}`, believed, { deadlineMs: settleDeadlineMs });
      }
      const seen = (): Seen => this.answers(site, vips);
      await waitFor(`both sites in DNS at ${site.id}`, seen, { deadlineMs: settleDeadlineMs });
      const route = (): Seen => this.hasRoute(site, true);
      await waitFor(`the anycast route at ${site.id}`, route, { deadlineMs: settleDeadlineMs });
    }
  }

  /** Waits until the client reaches a backend through each site's VIP. */
  async settleDaemons(): Promise<void> {
    for (const site of sites) {
      const probe = async (): Promise<Seen> => {
        const { status, body } = await this.curl(site.vip);
        return (status === 200 && body.includes(site.name)) || `${status} ${body}`;
      };
      await waitFor(`the VIP of ${site.id} to answer the client`, probe, { deadlineMs: startDeadlineMs });
    }
  }

  async stop(): Promise<void> {
    await removeLeftovers(this.#docker);
  }

  #container(host: string): StartedTestContainer {
    const container = this.#containers.get(host);
    if (container === undefined) throw new Error(`bug: no host ${host} in the lab`);
    return container;
  }
}

/** Builds, starts and connects the whole world; removes what earlier runs left behind. */
export async function startLab(): Promise<Lab> {
  const docker = await connectDocker();
  await removeLeftovers(docker);
  await buildImages(docker, [...new Set(hosts.map((host) => host.target))]);
  try {
    for (const network of networks) await createNetwork(docker, network);
    const lab = new Lab(docker, await startContainers(docker, hosts));
    await lab.startWatchers();
    await lab.settleDaemons();
    return lab;
  } catch (error) {
    await removeLeftovers(docker);
    throw error;
  }
}

/** Docker sends both streams in frames: a stream number, three zeros, a length, then that many bytes. */
function readLog(bytes: Buffer): string {
  const parts: Buffer[] = [];
  for (let offset = 0; offset + 8 <= bytes.length;) {
    const length = bytes.readUInt32BE(offset + 4);
    parts.push(bytes.subarray(offset + 8, offset + 8 + length));
    offset += 8 + length;
  }
  return Buffer.concat(parts).toString('utf8');
}
