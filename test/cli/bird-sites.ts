/** Sites that announce a prefix to a real BIRD each, and the BIRD alone; for tests over processes. */
import assert from 'node:assert/strict';
import { before } from 'node:test';
import { Bird, birdIsMissing } from '../../src/bgp-ts/test/bird.ts';
import { startCoordinator, startFairlead } from './fairlead-process.ts';
import type { FairleadProcess } from './fairlead-process.ts';
import { directoryWith } from './scope.ts';
import type { Files, Scope, Sites } from './scope.ts';
import { startWebServer } from './web-server.ts';
import type { WebServer } from './web-server.ts';
import { machineFile, newSites, releaseFiles } from './world.ts';

/** What every test here needs. */
export const birdOptions = { timeout: 60_000, skip: birdIsMissing };

/** The prefix that the sites announce, and how BIRD is asked for all that it knows of it. */
export const prefix = '203.0.113.0/24';
export const ofPrefix = `show route all ${prefix}`;

/** BIRD's channel that takes every route, and notes those with GRACEFUL_SHUTDOWN (RFC 8326): they may be gone soon. */
export const channel = `ipv4 {
  import filter { if (65535,0) ~ bgp_community then print proto, ": drained ", net; accept; };
  export none;
};`;

/** What such a BIRD notes of our prefix, from this protocol of it. */
export function drainedBy(protocol: string): RegExp {
  return new RegExp(`${protocol}: drained ${prefix.replaceAll('.', '\\.')}`);
}

/** A BIRD of AS 65000 that takes what AS 65010 announces. */
export async function startBird(scope: Scope): Promise<Bird> {
  const bird = await Bird.start({ local: 65_000, peer: 'as 65010' }, channel);
  scope.after(() => bird[Symbol.asyncDispose]());
  return bird;
}

/** Starts a bench once, before the tests of the file, where there is a BIRD; the tests get it from what is returned. */
export function startOnce<Bench>(start: () => Promise<Bench>): () => Bench {
  let bench: Bench | undefined;
  before(async () => {
    if (birdIsMissing === false) bench = await start();
  });
  return () => {
    assert.ok(bench !== undefined);
    return bench;
  };
}

/** Two sites, each with a BIRD, a web server and a coordinator that speaks to the one and checks the other. */
export interface BirdSites {
  readonly sites: Sites;
  readonly birds: Readonly<Record<keyof Sites, Bird>>;
  readonly web: Readonly<Record<keyof Sites, WebServer>>;
  readonly directories: Readonly<Record<keyof Sites, string>>;
  readonly coordinators: Record<keyof Sites, FairleadProcess>;
}

/** What differs between tests. */
export interface BirdSitesOptions {
  /** Lines under `prefixes:` beyond what both sites have, each indented by four. */
  readonly prefixLines?: string;
  /** More keys of a site's neighbor, such as `export: { med: 10 }`. */
  readonly neighborKeys?: Readonly<Record<keyof Sites, string>>;
  readonly adapt?: (release: Files) => Files;
}

/** Starts them; resolves when both answer DNS. Both announce the prefix while `www` works there. */
export async function startBirdSites(scope: Scope, options: BirdSitesOptions = {}): Promise<BirdSites> {
  const { prefixLines = '', neighborKeys, adapt = (release: Files) => release } = options;
  const sites = newSites();
  const birds = { fra: await startBird(scope), iad: await startBird(scope) };
  const web = { fra: await startWebServer(scope, sites.fra), iad: await startWebServer(scope, sites.iad) };
  const bgp = (id: keyof Sites): string => {
    const keys = [`name: ${id}-rt, address: 127.0.0.1, asn: 65000, port: ${birds[id].port}, holdTime: 9s`];
    if (neighborKeys !== undefined) keys.push(neighborKeys[id]);
    return `bgp:
  asn: 65010
  routerId: ${sites[id]}
  neighbors: [ { ${keys.join(', ')} } ]
`;
  };
  const policyLines = `prefixes:
  - prefix: ${prefix}
    sites: [fra, iad]
    gatedBy: { any: [www] }
    drain: 1s
${prefixLines}`;
  const release = adapt(releaseFiles(sites, { siteLines: { fra: bgp('fra'), iad: bgp('iad') }, policyLines }));
  const directories = {
    fra: directoryWith(scope, { 'fairlead.yaml': machineFile(sites, { site: 'fra' }), ...release }),
    iad: directoryWith(scope, { 'fairlead.yaml': machineFile(sites, { site: 'iad', follows: ['fra'] }) }),
  };
  const iad = startFairlead(scope, ['coordinator'], directories.iad);
  const fra = await startCoordinator(scope, directories.fra);
  await iad.untilLogged(/answering DNS on/);
  return { sites, birds, web, directories, coordinators: { fra, iad } };
}
