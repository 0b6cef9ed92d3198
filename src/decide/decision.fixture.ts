/**
 * A small world for tests of the decision: sites with one service, coordinators joined by links in virtual time.
 *
 * Messages are delivered after `delayOf()`, unless a link is cut or loses them. Nothing here knows rules; tests do.
 */
import assert from 'node:assert/strict';
import type { IpAddress, IpPrefix } from '#base/ip.ts';
import type { MonoMs, UnixMs } from '#base/time.ts';
import { after } from '#base/time.ts';
import { defineCheck } from '#health/check.ts';
import type { CheckDefinition } from '#health/check.ts';
import { subjectKey } from '#health/model.ts';
import type { HealthModel, SiteId } from '#health/model.ts';
import type { Moment } from '#health/overrides.ts';
import type { Override, Report } from '#health/report.ts';
import type { Standing, SteeringModel } from '#steering/model.ts';
import { Decision } from './decision.ts';
import type { DecisionInput } from './decision.ts';
import type { DecisionEffect, DurableState } from './effects.ts';

export const prefix = '203.0.113.0/24' as IpPrefix;
const timing = { intervalMs: 1000, timeoutMs: 1000, rise: 2, fall: 3 };

/** The address of a site's VIP, by the site's place in the world. */
export function vipOf(index: number): IpAddress {
  return `10.66.${index + 1}.100` as IpAddress;
}

/** The reference outside every site. */
export const reference: CheckDefinition = defineCheck({
  what: { kind: 'tcp' },
  address: '198.51.100.1' as IpAddress,
  port: 53,
  ...timing,
});

/** The check of a site's endpoint. */
export function checkOf(index: number): CheckDefinition {
  return defineCheck({ what: { kind: 'tcp' }, address: vipOf(index), port: 80, ...timing });
}

/** The models of a world of `sites`, each with nodes `lb1` and `lb2`, all serving `www` and the prefix. */
export function modelsOf(
  sites: readonly SiteId[],
  announcedAt: readonly SiteId[] = sites,
): { readonly health: HealthModel; readonly steering: SteeringModel } {
  const subjects = sites.map((site, index) => ({
    key: subjectKey('www', site, 4),
    service: 'www',
    site,
    family: 4 as const,
    vip: vipOf(index),
    nodes: ['lb1', 'lb2'],
    check: checkOf(index),
    vrrpGraceMs: 8000,
  }));
  const endpoints = sites.map((site, index) => ({
    subject: subjectKey('www', site, 4),
    service: 'www',
    site,
    family: 4 as const,
    answer: vipOf(index),
    port: 80,
    hasAgents: true,
  }));
  const nextHops = new Map(sites.map((site, index) => [site, vipOf(index)]));
  return {
    health: { subjects, references: [reference], probes: [], sites },
    steering: {
      endpoints,
      prefixes: [{ prefix, gate: { any: ['www'] }, sites: announcedAt, nextHops, drainMs: 10_000 }],
      longestTtlSeconds: 30,
    },
  };
}

/** A site with its coordinator, its nodes and its router. */
export interface Site {
  readonly id: SiteId;
  readonly index: number;
  decision: Decision;
  state: DurableState;
  announced: { readonly standing: Standing; readonly communities: readonly string[] } | undefined;
  /** Addresses that its router is told to discard. */
  readonly blackholes: Set<string>;
  /** Everything that its router is told, by prefix. */
  readonly routes: Map<string, Standing>;
  alive: boolean;
  isOpen: boolean;
  models: ReturnType<typeof modelsOf>;
  /** Whether the coordinator dies right after it carried out this effect. */
  diesAfter: ((effect: DecisionEffect) => boolean) | undefined;
  boots: number;
  sequence: number;
  readonly nodes: Map<string, { state: 'up' | 'down' | 'draining'; owner: boolean; alive: boolean }>;
}

const blank: DurableState = {
  verdicts: [],
  overrides: [],
  anchors: [],
  prefixes: [],
  failovers: [],
  ramps: [],
  sheds: [],
};

/** Several coordinators in virtual time. */
export class World {
  readonly sites: readonly Site[];
  nowMs = 0 as MonoMs;
  unixMs = 1_790_000_000_000 as UnixMs;
  delayMs = 20;
  delayOf: () => number = () => this.delayMs;
  loses: () => boolean = () => false;
  /** Why every proxy holds its state, while it does (R7). */
  holding: string | undefined;
  /** What every node of a site tells of its load. */
  loadOf: (site: Site) => { readonly load?: number; readonly sessions?: number } = () => ({});
  /** A proxy accepts connections on the VIP whatever its servers do; without an owner nobody does. */
  answersProbes: (site: Site) => boolean = (site) =>
    [...site.nodes.values()].some(({ owner, alive }) => owner && alive);
  /** Ordered pairs `a>b` that lose every message; `a>out` cuts a site from references. */
  readonly cut = new Set<string>();
  readonly log: string[] = [];
  #mail: { readonly at: MonoMs; readonly to: Site; readonly input: DecisionInput }[] = [];
  #nextRoundAt = 0 as MonoMs;

  constructor(ids: readonly SiteId[]) {
    const models = modelsOf(ids);
    this.sites = ids.map((id, index) => ({
      id,
      index,
      decision: new Decision({ site: id, boot: `${id}-0` }, blank, this.moment),
      state: blank,
      announced: undefined,
      blackholes: new Set(),
      routes: new Map(),
      alive: false,
      isOpen: false,
      models,
      diesAfter: undefined,
      boots: 0,
      sequence: 0,
      nodes: new Map([
        ['lb1', { state: 'up', owner: true, alive: true }],
        ['lb2', { state: 'up', owner: false, alive: true }],
      ]),
    }));
    for (const site of this.sites) this.boot(site.id);
  }

  get moment(): Moment {
    return { nowMs: this.nowMs, unixMs: this.unixMs };
  }

  site(id: SiteId): Site {
    const found = this.sites.find((site) => site.id === id);
    if (found === undefined) throw new Error(`no site ${id}`);
    return found;
  }

  /** Starts a coordinator from what it kept on disk. */
  boot(id: SiteId): void {
    this.start(id);
    this.reload(id, this.site(id).models);
  }

  /** Starts a coordinator that has no release yet. */
  start(id: SiteId): void {
    const site = this.site(id);
    site.boots += 1;
    site.alive = true;
    site.isOpen = false;
    site.announced = undefined;
    site.decision = new Decision({ site: id, boot: `${id}-${site.boots}` }, site.state, this.moment);
    this.feed(site, { kind: 'sessions', established: true });
  }

  /** Puts another release in force at one site. */
  reload(id: SiteId, models: Site['models']): void {
    const site = this.site(id);
    site.models = models;
    this.feed(site, { kind: 'generation', ...models, release: { epoch: 1, sequence: 1 } });
  }

  /** Kills a coordinator: its routes go with its session, its state stays on disk. */
  crash(id: SiteId): void {
    const site = this.site(id);
    site.alive = false;
    site.isOpen = false;
    site.diesAfter = undefined;
    site.announced = undefined;
    site.blackholes.clear();
    site.routes.clear();
  }

  /** Loses what a coordinator, which is down, kept on disk. */
  loseDisk(id: SiteId): void {
    this.site(id).state = blank;
  }

  open(ids: readonly SiteId[] = this.sites.map((site) => site.id)): void {
    for (const id of ids) {
      this.feed(this.site(id), { kind: 'open' });
      this.site(id).isOpen = this.site(id).alive;
    }
  }

  /** Drains a site by its own coordinator's API, or by that of `via`. */
  drain(id: SiteId, durationMs: number, via = id): Override {
    const at = this.site(via);
    const override: Override = {
      id: `drain-${id}-${this.nowMs}`,
      kind: 'drain',
      site: id,
      reason: 'maintenance',
      who: 'ops',
      createdAtUnixMs: this.unixMs,
      durationMs,
      revision: 0,
      removed: false,
    };
    const added = at.decision.addOverride(override, this.moment);
    if (added.ok) this.carryOut(at, added.value);
    return override;
  }

  /** Overrides the routes of a site by its own coordinator's API, or by that of `via`; returns why not, if so. */
  overrideRoute(kind: 'depref' | 'blackhole', about: string, id: SiteId, durationMs: number, via = id): string {
    const at = this.site(via);
    const override: Override = {
      id: `${kind}-${about}-${id}-${this.nowMs}`,
      kind,
      site: id,
      prefix: about,
      reason: 'an attack',
      who: 'ops',
      createdAtUnixMs: this.unixMs,
      durationMs,
      revision: 0,
      removed: false,
    };
    const added = at.decision.addOverride(override, this.moment);
    if (added.ok) this.carryOut(at, added.value);
    return added.ok ? '' : added.fault;
  }

  undrain(id: SiteId, via = id): void {
    const at = this.site(via);
    this.carryOut(at, at.decision.removeOverrides(id, this.moment).effects);
  }

  /** Sets every node of a site. */
  setNodes(id: SiteId, state: 'up' | 'down' | 'draining'): void {
    for (const node of this.site(id).nodes.values()) node.state = state;
    this.reportAll(id);
  }

  /** Cuts a site off from all others and from the outside, both ways; its own agents still reach it. */
  isolate(id: SiteId): void {
    for (const other of this.sites) {
      if (other.id === id) continue;
      this.cut.add(`${id}>${other.id}`).add(`${other.id}>${id}`);
    }
    this.cut.add(`${id}>out`);
  }

  /** Sends the report of every live node of a site to every coordinator. */
  reportAll(id: SiteId): void {
    const site = this.site(id);
    for (const [node, { state, owner, alive }] of site.nodes) {
      if (!alive) continue;
      site.sequence += 1;
      const report: Report = {
        site: id,
        node,
        boot: 'agent-1',
        sequence: site.sequence,
        leaseMs: 3000,
        services: [
          {
            service: 'www',
            state,
            reason: `be_www is ${state}`,
            ...(this.holding === undefined ? {} : { holding: this.holding }),
            usableServers: 2,
            totalServers: 2,
            capacity: 1,
            ...this.loadOf(site),
          },
        ],
        vips: [{ address: vipOf(site.index), owned: owner, state: owner ? 'MASTER' : 'BACKUP' }],
      };
      for (const to of this.sites) this.post(id, to, { kind: 'report', report });
    }
  }

  /** One round of reports and probes everywhere: what a second brings. */
  round(): void {
    for (const site of this.sites) this.reportAll(site.id);
    for (const from of this.sites) {
      if (!from.alive) continue;
      const outside = !this.cut.has(`${from.id}>out`);
      this.feed(from, result(reference, outside));
      for (const to of this.sites) {
        const isCut = this.cut.has(`${from.id}>${to.id}`) || this.cut.has(`${to.id}>${from.id}`);
        const reachable = !isCut && this.answersProbes(to);
        this.feed(from, result(checkOf(to.index), reachable));
      }
    }
  }

  /** Lets time pass in steps of 10 ms, with a round each second; `watch` runs after each step. */
  run(durationMs: number, watch: () => void = () => undefined): void {
    const end = after(this.nowMs, durationMs);
    while (this.nowMs < end) {
      this.nowMs = after(this.nowMs, 10);
      this.unixMs = (this.unixMs + 10) as UnixMs;
      if (this.nowMs >= this.#nextRoundAt) {
        this.#nextRoundAt = after(this.nowMs, 1000);
        this.round();
      }
      const due = this.#mail.filter((letter) => letter.at <= this.nowMs).toSorted((a, b) => a.at - b.at);
      this.#mail = this.#mail.filter((letter) => letter.at > this.nowMs);
      for (const letter of due) this.feed(letter.to, letter.input);
      for (const site of this.sites) {
        const deadline = site.alive ? site.decision.nextDeadlineMs(this.moment) : undefined;
        if (deadline !== undefined && deadline <= this.nowMs) this.feed(site, { kind: 'tick' });
      }
      watch();
    }
  }

  feed(site: Site, input: DecisionInput): void {
    if (site.alive) this.carryOut(site, site.decision.step(input, this.moment));
  }

  carryOut(site: Site, effects: readonly DecisionEffect[]): void {
    for (const effect of effects) {
      if (!site.alive) return;
      if (effect.kind === 'persist') site.state = effect.state;
      else if (effect.kind === 'announce') {
        const { standing } = effect.route;
        site.routes.set(effect.prefix, standing);
        if (standing === 'blackhole') site.blackholes.add(effect.prefix);
        else if (effect.prefix === prefix) {
          site.announced = { standing, communities: effect.attributes.communities };
        }
      } else if (effect.kind === 'withdraw') {
        site.routes.delete(effect.prefix);
        site.blackholes.delete(effect.prefix);
        if (effect.prefix === prefix) site.announced = undefined;
      } else if (effect.kind === 'tell') {
        for (const to of this.sites) {
          if (to !== site) this.post(site.id, to, { kind: 'peerReport', report: effect.report });
        }
      } else if (effect.kind === 'changeSessions') this.log.push(`${this.nowMs} ${site.id} changeSessions`);
      else if (effect.kind === 'event') this.log.push(`${this.nowMs} ${site.id} ${effect.event.kind}`);
      if (site.diesAfter?.(effect) === true) this.crash(site.id);
    }
  }

  post(from: SiteId, to: Site, input: DecisionInput): void {
    if (this.cut.has(`${from}>${to.id}`) || this.loses()) return;
    this.#mail.push({ at: after(this.nowMs, this.delayOf()), to, input });
  }

  /** The sites that a coordinator answers for `www`. */
  answered(id: SiteId): readonly SiteId[] {
    return this.site(id)
      .decision.services.flatMap((service) => service.endpoints)
      .filter((decided) => decided.answerable)
      .map((decided) => decided.endpoint.site);
  }

  /** The sites that announce the prefix. */
  announcing(): readonly SiteId[] {
    return this.sites.filter((site) => site.announced !== undefined).map((site) => site.id);
  }
}

function result(check: CheckDefinition, passed: boolean): DecisionInput {
  return { kind: 'result', check: check.id, passed, reason: passed ? 'connected' : 'timed out after 1000ms' };
}

/** A world in which every site is up, answered by all and announcing. */
export function settledWorld(sites: readonly SiteId[] = ['fra', 'iad']): World {
  const world = new World(sites);
  world.run(2500);
  world.open();
  world.run(1500);
  assert.deepEqual(world.announcing(), sites);
  for (const site of sites) assert.deepEqual(world.answered(site), sites);
  return world;
}
