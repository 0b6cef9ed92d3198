/**
 * The world of the lab as data: two sites, a transit between them and a client behind it; every network, host, address
 * and autonomous system number. testcontainers (lab.ts) and docker-compose.yml (compose.ts) are both made from it, and so
 * are the files inside each host (render/).
 *
 * Each network is a Docker bridge on which the Docker host has no address: what leaves a host of the lab goes to the
 * lab's own routers or nowhere. Docker's own `internal` networks would not do: they drop packets whose source or
 * destination lies outside the subnet, and everything that a router forwards is of that kind.
 */

/** An image of the repository's Dockerfile, by its build target. */
export type ImageTarget = 'lab-host' | 'lab-router' | 'lab-coordinator' | 'lab-node';

export interface Network {
  readonly name: string;
  readonly subnet: string;
  /** What hosts on it use as their default route: an address that one of the lab's routers takes for itself. */
  readonly gateway: string;
}

export interface Attachment {
  readonly network: string;
  readonly address: string;
}

/** What a host is, and so which files and daemons it gets. */
export type Role =
  | { readonly kind: 'router'; readonly site: Site }
  | { readonly kind: 'coordinator'; readonly site: Site }
  | { readonly kind: 'node'; readonly site: Site; readonly node: Machine; readonly priority: number }
  | { readonly kind: 'backend'; readonly site: Site; readonly backend: Machine }
  | { readonly kind: 'transit' }
  | { readonly kind: 'client' };

export interface Host {
  readonly name: string;
  readonly target: ImageTarget;
  readonly role: Role;
  readonly attachments: readonly Attachment[];
  readonly capabilities: readonly string[];
  readonly sysctls: Readonly<Record<string, string>>;
  /** Replaces the start of the host's daemons; the process is then the container's first. */
  readonly command?: readonly string[];
}

/** A named host of a site's LAN. */
export interface Machine {
  readonly name: string;
  readonly address: string;
}

export type SiteId = 'fra' | 'iad';

export interface Site {
  readonly id: SiteId;
  readonly name: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly lan: Network;
  readonly wan: Network;
  readonly router: Machine & { readonly asn: number; readonly wanAddress: string };
  readonly coordinator: Machine & { readonly asn: number };
  readonly nodes: readonly [Machine, Machine];
  readonly backends: readonly [Machine, Machine];
  /** The service address that keepalived moves between the nodes, and that DNS answers. */
  readonly vip: string;
}

function describeSite(id: SiteId, place: Pick<Site, 'name' | 'latitude' | 'longitude'>, number: number): Site {
  const lan = `10.66.${number}`;
  const wan = `10.66.${100 + number}`;
  return {
    id,
    ...place,
    lan: { name: `${id}-lan`, subnet: `${lan}.0/24`, gateway: `${lan}.1` },
    wan: { name: `${id}-wan`, subnet: `${wan}.0/24`, gateway: `${wan}.254` },
    router: { name: `${id}-router`, address: `${lan}.1`, asn: 65000 + 100 * number, wanAddress: `${wan}.2` },
    coordinator: { name: `${id}-coordinator`, address: `${lan}.53`, asn: 65010 + 100 * number },
    nodes: [
      { name: `${id}-lb1`, address: `${lan}.11` },
      { name: `${id}-lb2`, address: `${lan}.12` },
    ],
    backends: [
      { name: `${id}-web1`, address: `${lan}.21` },
      { name: `${id}-web2`, address: `${lan}.22` },
    ],
    vip: `${lan}.100`,
  };
}

export const fra = describeSite('fra', { name: 'Frankfurt', latitude: 50.1109, longitude: 8.6821 }, 1);
export const iad = describeSite('iad', { name: 'Virginia', latitude: 38.9445, longitude: -77.4558 }, 2);
export const sites: readonly [Site, Site] = [fra, iad];

/** The other of the two sites. */
export function otherSite(site: Site): Site {
  return site.id === 'fra' ? iad : fra;
}

/** The coordinator of this site writes releases; the other follows. */
export const writer = fra;

export const anycast = { prefix: '203.0.113.0/24', address: '203.0.113.10' };
/** A target outside every site, by which a coordinator judges itself (R5). */
export const reference = { address: '198.51.100.1', port: 80 };
export const backendPort = 8080;
export const zone = 'example.com';

export const transit = { name: 'transit', asn: 65000 };
const clientNetwork: Network = { name: 'client-net', subnet: '10.66.200.0/24', gateway: '10.66.200.1' };
export const client: Machine = { name: 'client', address: '10.66.200.10' };

export const networks: readonly Network[] = [...sites.flatMap((site) => [site.lan, site.wan]), clientNetwork];

/** The transit's address on a site's WAN. */
export function transitAddress(site: Site): string {
  return site.wan.subnet.replace('.0/24', '.1');
}

/** Docker keeps a network's gateway address to itself, so a router that takes it also has a neighbour of it. */
function besideGateway(network: Network): string {
  return network.subnet.replace('.0/24', '.2');
}

const looseReturnPath = { 'net.ipv4.conf.all.rp_filter': '0', 'net.ipv4.conf.default.rp_filter': '0' };
const forwarding = { 'net.ipv4.ip_forward': '1', ...looseReturnPath };

function siteHosts(site: Site): readonly Host[] {
  const onLan = (machine: Machine): readonly Attachment[] => [{ network: site.lan.name, address: machine.address }];
  const router: Host = {
    name: site.router.name,
    target: 'lab-router',
    role: { kind: 'router', site },
    attachments: [
      { network: site.lan.name, address: besideGateway(site.lan) },
      { network: site.wan.name, address: site.router.wanAddress },
    ],
    capabilities: ['NET_ADMIN'],
    sysctls: forwarding,
  };
  const coordinator: Host = {
    name: site.coordinator.name,
    target: 'lab-coordinator',
    role: { kind: 'coordinator', site },
    attachments: onLan(site.coordinator),
    capabilities: [],
    sysctls: {},
    command: ['fairlead', 'coordinator', '--config', '/etc/fairlead'],
  };
  const nodes = site.nodes.map((node, index): Host => ({
    name: node.name,
    target: 'lab-node',
    role: { kind: 'node', site, node, priority: 150 - 50 * index },
    attachments: onLan(node),
    capabilities: ['NET_ADMIN', 'NET_RAW'],
    // A node never names its anycast address in ARP: every node of every site has the same one.
    sysctls: { ...looseReturnPath, 'net.ipv4.conf.all.arp_announce': '2', 'net.ipv4.conf.all.arp_ignore': '1' },
  }));
  const backends = site.backends.map((backend): Host => ({
    name: backend.name,
    target: 'lab-host',
    role: { kind: 'backend', site, backend },
    attachments: onLan(backend),
    capabilities: [],
    sysctls: {},
  }));
  return [router, coordinator, ...nodes, ...backends];
}

const transitHost: Host = {
  name: transit.name,
  target: 'lab-router',
  role: { kind: 'transit' },
  attachments: [
    ...sites.map((site) => ({ network: site.wan.name, address: transitAddress(site) })),
    { network: clientNetwork.name, address: besideGateway(clientNetwork) },
  ],
  capabilities: ['NET_ADMIN'],
  sysctls: forwarding,
};

const clientHost: Host = {
  name: client.name,
  target: 'lab-host',
  role: { kind: 'client' },
  attachments: [{ network: clientNetwork.name, address: client.address }],
  capabilities: [],
  sysctls: {},
};

/** All hosts, in an order in which routes exist before those who need them. */
export const hosts: readonly Host[] = [transitHost, clientHost, ...sites.flatMap(siteHosts)];

/** The gateway address of the client's network, which the transit takes. */
export const clientGateway = clientNetwork.gateway;
/** The network behind the transit in which the client stands. */
export const clientSubnet = clientNetwork.subnet;
