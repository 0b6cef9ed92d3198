/**
 * The snapshot of a whole speaker in parts, and what puts it together again, in this thread or in another. A peer whose
 * engine throws is in it as stopped; the others are whole.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PeerRunner } from './peer-runner.ts';
import type { PeerPart } from './snapshot.ts';
import { partsOfPeer, routesOfPart, slices, snapshotStopped, withPart } from './snapshot.ts';
import type { DesiredRoute, PeerSnapshot, SpeakerSnapshot } from './types.ts';

/** A piece of a speaker's snapshot. */
export type SnapshotPart = PeerPart | { readonly kind: 'desired'; readonly routes: readonly DesiredRoute[] };

/** The parts, each made when it is asked for. */
export function* snapshotParts(
  runners: readonly PeerRunner[],
  desired: readonly DesiredRoute[],
): Generator<SnapshotPart, void> {
  for (const runner of runners) {
    try {
      yield* partsOfPeer(runner.peer, runner.faultCount);
    } catch (error) {
      runner.tellFault(error);
      yield { kind: 'peer', peer: withoutView(runner) };
    }
  }
  for (const routes of slices(desired, routesOfPart)) {
    yield {
      kind: 'desired',
      routes: routes.map(({ prefix, attributes, reason }) => ({ prefix, attributes, reason })),
    };
  }
}

/** Gives each part to `take`; between large ones the event loop gets its turn. */
export async function takeParts(parts: Iterable<SnapshotPart>, take: (part: SnapshotPart) => void): Promise<void> {
  for (const part of parts) {
    take(part);
    if (part.kind !== 'peer' && part.routes.length >= routesOfPart) await nextTurn();
  }
}

/** Puts parts together. */
export class SnapshotBuilder {
  readonly #peers = new Map<string, PeerSnapshot>();
  readonly #desired: DesiredRoute[] = [];
  #current: PeerSnapshot | undefined;

  add(part: SnapshotPart): void {
    if (part.kind === 'desired') {
      for (const route of part.routes) this.#desired.push(route);
      return;
    }
    const peer = part.kind === 'peer' ? part.peer : this.#current && withPart(this.#current, part);
    if (peer === undefined) return;
    this.#current = peer;
    this.#peers.set(peer.name, peer);
  }

  finish(): SpeakerSnapshot {
    return { peers: [...this.#peers.values()], desired: this.#desired };
  }
}

function withoutView({ peer: { config }, faultCount }: PeerRunner): PeerSnapshot {
  const { name, address, port } = config;
  const reason = 'a bug of this program keeps it from being shown';
  return snapshotStopped({ name, address, port, reason, sinceUnixMs: Date.now() }, faultCount);
}
