/** The config of a small world on loopback: sites `fra` and `iad`, the service `www` in both, quick checks. */
import { loopbackAddress } from './scope.ts';
import type { Files, Sites } from './scope.ts';

export const dnsPort = 5300;
export const apiPort = 8053;
export const webPort = 8080;

/** Addresses for a world of its own. */
export function newSites(): Sites {
  return { fra: loopbackAddress(), iad: loopbackAddress() };
}

/** What differs between machines. */
export interface MachineOptions {
  readonly site: keyof Sites;
  /** Lines to add, such as a log level. */
  readonly more?: string;
  /** In the mapping `api`, such as `, tokenFile: token`. */
  readonly api?: string;
  /** The sites whose coordinators it follows; a writer where absent. */
  readonly follows?: readonly (keyof Sites)[];
}

/** The text of a `fairlead.yaml`. */
export function machineFile(sites: Sites, options: MachineOptions): string {
  const { site, more = '', api = '', follows } = options;
  const from = follows?.map((other) => `'${apiUrl(sites[other])}'`).join(', ');
  return `site: ${site}
stateDirectory: var
dns: { listen: ['${sites[site]}:${dnsPort}'] }
api: { listen: '${sites[site]}:${apiPort}'${api} }
replication: { role: ${from === undefined ? 'writer' : `follower, from: [${from}]`} }
${more}`;
}

/** The API of the coordinator at this address. */
export function apiUrl(address: string): string {
  return `http://${address}:${apiPort}`;
}

/** What a release may have beside the plain world. */
export interface ReleaseOptions {
  /** Lines for each site file. */
  readonly siteLines?: Partial<Readonly<Record<keyof Sites, string>>>;
  /** Lines for the policy file. */
  readonly policyLines?: string;
  /** Records for the zone. */
  readonly records?: string;
  /** Sites with a coordinator; both where absent. */
  readonly coordinators?: readonly (keyof Sites)[];
}

/** The files of a release. */
export function releaseFiles(sites: Sites, options: ReleaseOptions = {}): Files {
  const { siteLines = {}, policyLines = '', records = '', coordinators = ['fra', 'iad'] } = options;
  const site = (id: keyof Sites): string => `site: ${id}
name: The site ${id}
location: { latitude: 50.1, longitude: 8.6 }
${coordinators.includes(id) ? `coordinator: { api: '${apiUrl(sites[id])}' }` : ''}
endpoints:
  www: [ { address: ${sites[id]}, port: ${webPort} } ]
${siteLines[id] ?? ''}`;
  return {
    'sites/fra.yaml': site('fra'),
    'sites/iad.yaml': site('iad'),
    'zones/services.yaml': `services:
  www: { check: { type: http, path: /healthz, interval: 100ms, timeout: 5s, rise: 2, fall: 2 } }
${policyLines}`,
    'zones/example.com.zone': `$TTL 300
@     IN SOA ns1 hostmaster 1 3600 600 1209600 60
@     IN NS  ns1
@     IN NS  ns2
ns1   IN A   192.0.2.53
ns2   IN A   198.51.100.53
plain IN A   192.0.2.1
www 30 IN LUA A "ifportup(${webPort}, {'${sites.fra}', '${sites.iad}'}, {selector='all'})"
${records}`,
  };
}
