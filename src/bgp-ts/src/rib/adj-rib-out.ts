/**
 * Adj-RIB-Out of one peer as desired state: what it shall hear is set, the difference to what it was told is sent.
 * A prefix that the peer was never told is never withdrawn: an empty withdrawal would read as End-of-RIB. Pure: time is
 * an argument, messages are returned.
 */
import type { Address, Prefix } from '../wire/address.ts';
import { familyOf } from '../wire/address.ts';
import { encodeAttributes } from '../wire/attribute-encode.ts';
import type { PathAttribute } from '../wire/attributes.ts';
import { toHex } from '../wire/bytes.ts';
import type { Family } from '../wire/family.ts';
import { allFamilies } from '../wire/family.ts';
import type { ExportContext } from './export.ts';
import { exportAttributes } from './export.ts';
import type { PackedUpdate } from './pack.ts';
import { packAnnouncements, packWithdrawals } from './pack.ts';
import type { Route } from './route.ts';

/** A route that is wanted but cannot be told to this peer, and why. */
export interface RefusedRoute {
  readonly prefix: Prefix;
  readonly reason: string;
}

/** What is to be sent now. */
export interface RibOutput {
  readonly updates: readonly PackedUpdate[];
  readonly refused: readonly RefusedRoute[];
}

/** What the peer was told of a prefix. */
export interface SentRoute {
  readonly route: Route;
  readonly nextHop: Address;
  readonly sentAtMs: number;
}

interface SentEntry extends SentRoute {
  /** The attributes as they were sent; empty when they have to be sent again. */
  readonly key: string;
}

interface Group {
  readonly attributes: readonly PathAttribute[];
  readonly prefixes: Prefix[];
}

/** The Adj-RIB-Out of one peer. */
export class AdjRibOut {
  readonly #desired = new Map<Prefix, Route>();
  readonly #sent = new Map<Prefix, SentEntry>();
  readonly #changed = new Set<Prefix>();

  /** Sets what the peer shall hear of `prefix`: a route, or null for nothing. `flush` sends it. */
  setDesired(prefix: Prefix, route: Route | null): void {
    if (route === null) this.#desired.delete(prefix);
    else this.#desired.set(prefix, route);
    this.#changed.add(prefix);
  }

  /** A new session is up: the peer knows nothing, so everything is to be sent. */
  startSession(): void {
    this.#sent.clear();
    this.#changed.clear();
    for (const prefix of this.#desired.keys()) this.#changed.add(prefix);
  }

  /** The session is gone, and with it all that the peer was told. */
  endSession(): void {
    this.#sent.clear();
  }

  /** The peer asked to hear a family again (RFC 2918). */
  refresh(family: Family): void {
    for (const [prefix, entry] of this.#sent) {
      if (familyOf(prefix) === family) this.#sent.set(prefix, { ...entry, key: '' });
    }
    for (const prefix of this.#desired.keys()) if (familyOf(prefix) === family) this.#changed.add(prefix);
  }

  /** Messages that bring the peer to the desired state: announcements before withdrawals. */
  flush(context: ExportContext, nowMs: number): RibOutput {
    const groups = new Map<string, Group>();
    const withdrawn: Prefix[] = [];
    const refused: RefusedRoute[] = [];
    for (const prefix of this.#changed) {
      const route = this.#desired.get(prefix);
      const exported = route === undefined ? undefined : exportAttributes(route, context);
      if (exported?.ok === false) refused.push({ prefix, reason: exported.fault });
      if (route !== undefined && exported?.ok === true) {
        const sent = {
          route,
          nextHop: route.nextHop === 'self' ? context.localAddress : route.nextHop,
          sentAtMs: nowMs,
        };
        this.#announce(sent, exported.value, groups);
      } else if (this.#sent.delete(prefix)) withdrawn.push(prefix);
    }
    this.#changed.clear();
    const announcements = [...groups.values()].flatMap((group) =>
      packAnnouncements(group.prefixes, group.attributes, context.fourOctetAs),
    );
    return { updates: [...announcements, ...packByFamily(withdrawn)], refused };
  }

  /** What the peer was told, by prefix. */
  sent(): ReadonlyMap<Prefix, SentRoute> {
    return this.#sent;
  }

  #announce(sent: SentRoute, attributes: readonly PathAttribute[], groups: Map<string, Group>): void {
    const { prefix } = sent.route;
    const key = toHex(encodeAttributes(attributes, true));
    if (this.#sent.get(prefix)?.key === key) return;
    this.#sent.set(prefix, { ...sent, key });
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { attributes, prefixes: [prefix] });
    else group.prefixes.push(prefix);
  }
}

function packByFamily(prefixes: readonly Prefix[]): readonly PackedUpdate[] {
  return allFamilies.flatMap((family) =>
    packWithdrawals(
      prefixes.filter((prefix) => familyOf(prefix) === family),
      family,
    ),
  );
}
