/** What a coordinator reads: its own fairlead.yaml, and the release (`sites/`, `zones/`) that is the same at every site. */
import type { Site } from '../world.ts';
import { anycast, reference, sites, writer, zone } from '../world.ts';
import type { HostFile } from './file.ts';
import { file } from './file.ts';

export const configDirectory = '/etc/fairlead';
/** Where the zone's master file lies in the writer's config directory. */
export const zonePath = `${configDirectory}/zones/${zone}.zone`;
export const tokenFile: HostFile = file(`${configDirectory}/token`, 'a-token-that-guards-nothing-outside-this-lab');

/** Where agents and the other coordinator reach a site's coordinator. */
export function apiUrl(site: Site): string {
  return `http://${site.coordinator.address}:8053`;
}

/** The files of a site's coordinator. */
export function coordinatorFiles(site: Site): readonly HostFile[] {
  return [
    file(`${configDirectory}/fairlead.yaml`, machineConfig(site)),
    tokenFile,
    ...sites.map((each) => file(`${configDirectory}/sites/${each.id}.yaml`, siteConfig(each))),
    file(`${configDirectory}/zones/www.yaml`, servicesConfig()),
    file(zonePath, zoneText('first')),
  ];
}

function machineConfig(site: Site): string {
  const replication = site.id === writer.id ? '{ role: writer }' : `{ role: follower, from: ['${apiUrl(writer)}'] }`;
  return `
site: ${site.id}
stateDirectory: /var/lib/fairlead
dns:
  listen: ['${site.coordinator.address}:53']
api:
  listen: '${site.coordinator.address}:8053'
  tokenFile: token
replication: ${replication}
bgp:
  localAddress: ${site.coordinator.address}
`;
}

function siteConfig(site: Site): string {
  return `
site: ${site.id}
name: ${site.name}
location: { latitude: ${site.latitude}, longitude: ${site.longitude} }
coordinator:
  api: ${apiUrl(site)}
nodes:
${site.nodes.map((node) => `  - { name: ${node.name} }`).join('\n')}
# 3 adverts, skew, 4 runs of the script that watches HAProxy, and a second (R6).
vrrpGrace: 9s
endpoints:
  www:
    - { address: ${site.vip}, port: 80 }
bgp:
  asn: ${site.coordinator.asn}
  routerId: ${site.coordinator.address}
  neighbors:
    - { name: ${site.router.name}, address: ${site.router.address}, asn: ${site.router.asn}, holdTime: 9s }
`;
}

function servicesConfig(): string {
  return `
services:
  www:
    check: { type: http, path: /healthz, interval: 1s, timeout: 1s, rise: 2, fall: 3 }
prefixes:
  - prefix: ${anycast.prefix}
    sites: [${sites.map((site) => site.id).join(', ')}]
    gatedBy: { any: [www] }
references:
  - { type: tcp, address: ${reference.address}, port: ${reference.port}, interval: 1s, timeout: 1s, rise: 2, fall: 3 }
`;
}

/**
 * The zone. `www` gives one address at random, as PowerDNS does; `all` gives every address that is up, so that one
 * answer shows the whole decision; `release` names the release that the answer came from.
 */
export function zoneText(releaseName: string): string {
  const addresses = sites.map((site) => `'${site.vip}'`).join(', ');
  const [first, second] = sites;
  return `
$ORIGIN ${zone}.
$TTL 300
@       IN SOA ns1 hostmaster 1 3600 600 1209600 60
@       IN NS  ns1
@       IN NS  ns2
ns1     IN A   ${first.coordinator.address}
ns2     IN A   ${second.coordinator.address}
www  30 IN LUA A "ifportup(80, {${addresses}})"
all  30 IN LUA A "ifportup(80, {${addresses}}, {selector='all', backupSelector='all'})"
release IN TXT "${releaseName}"
`;
}
