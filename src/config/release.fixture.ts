/** A sound release of two sites for tests, and a zone reader that knows no DNS. */
import { releaseFiles } from './release-files.ts';
import type { ReleaseFiles } from './release-files.ts';
import type { ZoneReading } from './zone-facts.ts';

/** One site's file; `number` makes its addresses distinct. */
export function siteText(id: string, number: number, more = ''): string {
  return `site: ${id}
name: Site ${id}
location: { latitude: 50.1, longitude: 8.6 }
coordinator: { api: 'http://10.66.${number}.53:8053' }
nodes:
  - { name: ${id}-lb1 }
endpoints:
  www:
    - { address: 10.66.${number}.100, port: 80 }
bgp:
  asn: 6501${number}
  routerId: 10.66.${number}.53
  neighbors:
    - { name: ${id}-router, address: 10.66.${number}.1, asn: 6500${number} }
${more}`;
}

export const policyText = `services:
  www:
    check: { type: http, path: /healthz }
prefixes:
  - { prefix: 203.0.113.0/24, sites: [fra, iad], gatedBy: { any: [www] } }
references:
  - { type: tcp, address: 198.51.100.1, port: 80 }
`;

/** The sound release with some files replaced, added, or left out where the text is undefined. */
export function releaseWith(changes: Readonly<Record<string, string | undefined>> = {}): ReleaseFiles {
  const files: Record<string, string | undefined> = {
    'sites/fra.yaml': siteText('fra', 1),
    'sites/iad.yaml': siteText('iad', 2),
    'zones/www.yaml': policyText,
    'zones/example.com.zone': 'the zone\n',
    ...changes,
  };
  return releaseFiles(
    Object.entries(files).flatMap(([path, text]) => (text === undefined ? [] : [[path, text] as const])),
  );
}

/** Reads one zone file in a test. */
export type ZoneReader = (file: string, text: string) => ZoneReading;

/** Reads every zone file of a release. */
export function readingsOf(files: ReleaseFiles, readZone: ZoneReader): ReadonlyMap<string, ZoneReading> {
  const zones = [...files].filter(([file]) => file.endsWith('.zone'));
  return new Map(zones.map(([file, text]) => [file, readZone(file, text)]));
}

/** Takes any text for a zone with two name servers and a record that follows health. */
export const readAnyZone: ZoneReader = (file) => ({
  facts: {
    origin: `${file.slice('zones/'.length, -'.zone'.length)}.`,
    nameServers: ['ns1.example.net.', 'ns2.example.net.'],
    nameServerAddresses: [],
    steers: [],
    longestDynamicTtlSeconds: 30,
  },
  problems: [],
  warnings: [],
});
