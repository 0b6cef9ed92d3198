/**
 * Two speakers that dial and listen, a network with faults, and what must hold: after the faults end both are established
 * on one and the same connection within bounded time and stay so, nobody is ever established twice, and each table is the
 * one that the other side wants. Everything follows from the seed.
 */
import { isDeepStrictEqual } from 'node:util';
import type { ConnectionMode, SessionConfig, SessionInput } from '../../src/session/types.ts';
import { Chance, VirtualClock } from './clock.ts';
import { Network } from './network.ts';
import type { NetworkSpoils } from './network.ts';
import { address, Node, prefix } from './node.ts';
import type { NodeSpoils } from './node.ts';

/** Rules broken on purpose: of the network, of both speakers, or of their settings. */
export interface Spoils extends NetworkSpoils, NodeSpoils {}

/** What came of one seed. */
export interface Outcome {
  /** Undefined when all held; else what did not, as a sentence. */
  readonly fault: string | undefined;
  /** Virtual time from the end of the faults until both agreed. */
  readonly convergedMs: number;
}

/** Four minutes for a silent OPEN, then a hold time, a wait and an attempt, with room for some collisions. */
const boundMs = 480_000;
const stepMs = 500;
const stableMs = 10_000;
/** What is wanted changes until so long after the faults. */
const changesMs = 5000;

const modes: readonly (readonly [ConnectionMode, ConnectionMode])[] = [
  ['both', 'both'],
  ['both', 'both'],
  ['both', 'both'],
  ['both', 'passive'],
  ['active', 'both'],
  ['active', 'passive'],
];
const prefixes = Array.from({ length: 6 }, (_, index) => prefix(`198.51.100.${index}/32`));

/** Runs one seed to its end. */
export function runSeed(seed: number, spoils: Spoils = {}): Outcome {
  const world = new World(seed, spoils);
  try {
    return world.run();
  } catch (error) {
    return { fault: error instanceof Error ? (error.stack ?? error.message) : String(error), convergedMs: 0 };
  }
}

class World {
  readonly #chance: Chance;
  readonly #clock = new VirtualClock();
  readonly #network: Network;
  readonly #nodes: readonly [Node, Node];

  constructor(seed: number, spoils: Spoils) {
    this.#chance = new Chance(seed);
    this.#network = new Network(this.#clock, this.#chance, spoils);
    this.#network.maxDelayMs = [1, 20, 300][this.#chance.below(3)] ?? 1;
    const [firstMode, secondMode] = modes[this.#chance.below(modes.length)] ?? ['both', 'both'];
    const isSwapped = this.#chance.happens(0.5);
    const isInternal = this.#chance.happens(0.2);
    const asns = isInternal ? [65001, 65001] : [65001, 65002];
    const identifiers =
      this.#chance.happens(0.1) && !isInternal ? ['192.0.2.9', '192.0.2.9'] : ['192.0.2.1', '200.0.0.1'];
    if (this.#chance.happens(0.5)) identifiers.reverse();
    const make = (self: 0 | 1, mode: ConnectionMode): Node => {
      const [localAsn, peerAsn] = [asns[self] ?? 0, asns[1 - self] ?? 0];
      return new Node(
        this.#config(mode, { localAsn, peerAsn, identifier: identifiers[self] ?? '' }),
        this.#network,
        spoils,
      );
    };
    this.#nodes = [make(0, isSwapped ? secondMode : firstMode), make(1, isSwapped ? firstMode : secondMode)];
    const [first, second] = this.#nodes;
    first.peer = second;
    second.peer = first;
  }

  run(): Outcome {
    for (const node of this.#nodes) this.#clock.after(this.#chance.below(2000), () => node.boot());
    const faultsEndMs = 5000 + this.#chance.below(40_000);
    this.#scheduleFaults(faultsEndMs);
    this.#scheduleChanges(faultsEndMs + changesMs);
    this.#clock.runUntil(faultsEndMs);
    this.#mend();
    this.#clock.runUntil(faultsEndMs + changesMs);
    let disagreement = this.#disagreement();
    while (disagreement !== undefined && this.#clock.nowMs < faultsEndMs + boundMs) {
      this.#clock.runUntil(this.#clock.nowMs + stepMs);
      disagreement = this.#disagreement();
    }
    const convergedMs = this.#clock.nowMs - faultsEndMs;
    const upCounts = this.#nodes.map((node) => node.upCount);
    if (disagreement === undefined) this.#clock.runUntil(this.#clock.nowMs + stableMs);
    const later = disagreement ?? this.#disagreement();
    const isStable =
      disagreement !== undefined ||
      isDeepStrictEqual(
        upCounts,
        this.#nodes.map((node) => node.upCount),
      );
    const own = this.#nodes.flatMap((node) => node.faults)[0];
    return { fault: own ?? later ?? (isStable ? undefined : 'the session came up again'), convergedMs };
  }

  #config(
    connection: ConnectionMode,
    { localAsn, peerAsn, identifier }: { localAsn: number; peerAsn: number; identifier: string },
  ): SessionConfig {
    const isRestarting = this.#chance.happens(0.5);
    const gracefulRestart = {
      restartTimeSeconds: 120,
      isForwardingPreserved: true,
      hasNotification: this.#chance.happens(0.5),
      isRestarting: () => isRestarting,
    };
    return {
      localAsn,
      peerAsn,
      routerId: address(identifier),
      holdTimeSeconds: [3, 9, 30][this.#chance.below(3)] ?? 9,
      families: ['ipv4-unicast'],
      connectTimeoutMs: 10_000,
      retryMinMs: 1000,
      retryMaxMs: 30_000,
      sendHoldTimeMs: undefined,
      ...(this.#chance.happens(0.5) ? { gracefulRestart } : {}),
      connection,
      random: this.#chance.next,
    };
  }

  #scheduleFaults(endMs: number): void {
    const count = this.#chance.below(12);
    for (let index = 0; index < count; index++) {
      this.#clock.after(this.#chance.below(endMs), () => this.#fault(this.#clock.nowMs >= endMs));
    }
  }

  #fault(isOver: boolean): void {
    if (isOver) return;
    const node = this.#nodes[this.#chance.below(2)] ?? this.#nodes[0];
    const connections = this.#network.connections;
    switch (this.#chance.below(8)) {
      case 0:
      case 1: {
        // Half-open: nothing passes, and nobody is told.
        const connection = connections.at(-1 - this.#chance.below(2));
        if (connection !== undefined) connection.isDead = true;
        break;
      }
      case 2:
      case 3:
        node.kill(this.#chance.happens(0.5));
        this.#clock.after(this.#chance.below(10_000), () => node.boot());
        break;
      case 4:
        this.#network.isCut = true;
        this.#clock.after(this.#chance.below(20_000), () => (this.#network.isCut = false));
        break;
      case 5:
        node.stall(this.#chance.below(5000));
        break;
      case 6:
        node.step(this.#reset());
        break;
      default:
        node.step({ kind: 'stop', how: { mode: this.#chance.happens(0.5) ? 'silent' : 'deconfigured' } });
        this.#clock.after(this.#chance.below(5000), () => node.step({ kind: 'start' }));
        break;
    }
  }

  #reset(): SessionInput {
    const how = this.#chance.happens(0.5)
      ? ({ mode: 'bfdDown' } as const)
      : ({ mode: 'hardReset', text: 'again' } as const);
    return { kind: 'reset', how };
  }

  /** All faults end, save connections that are dead: each side has to find out. */
  #mend(): void {
    this.#network.isCut = false;
    for (const node of this.#nodes) {
      node.boot();
      node.step({ kind: 'start' });
    }
  }

  #scheduleChanges(endMs: number): void {
    const count = 5 + this.#chance.below(40);
    for (let index = 0; index < count; index++) {
      this.#clock.after(this.#chance.below(endMs), () => {
        const node = this.#nodes[this.#chance.below(2)] ?? this.#nodes[0];
        const changed = prefixes[this.#chance.below(prefixes.length)] ?? prefix('198.51.100.0/32');
        node.desire(changed, this.#chance.happens(0.5) ? undefined : this.#chance.below(1000));
      });
    }
  }

  /** What is not yet, or no more, as it has to be. */
  #disagreement(): string | undefined {
    const [first, second] = this.#nodes;
    const [firstEnd, secondEnd] = [first.establishedEnd, second.establishedEnd];
    if (firstEnd === undefined || secondEnd === undefined) {
      return `not established: ${first.state.kind} and ${second.state.kind}`;
    }
    if (firstEnd.isDead) return 'established on a dead connection';
    if (firstEnd.other !== secondEnd) return 'established on different connections';
    if (first.openCount !== 1 || second.openCount !== 1) {
      return `${first.openCount} and ${second.openCount} connections are open`;
    }
    if (!isDeepStrictEqual(sorted(first.heard), sorted(second.desired))) return 'the first table is wrong';
    if (!isDeepStrictEqual(sorted(second.heard), sorted(first.desired))) return 'the second table is wrong';
    return undefined;
  }
}

function sorted(table: ReadonlyMap<string, number>): readonly (readonly [string, number])[] {
  return [...table].sort(([left], [right]) => left.localeCompare(right));
}
