/** A service at one site as steps see it: what the SteeringTable says of its endpoints now (R2). */
import type { Family, IpAddress } from '#base/ip.ts';
import { ipBytes } from '#base/ip.ts';
import { flagsOf, shedOf, weightOf } from '../table.ts';
import type { SteeringTable } from '../table.ts';
import { hashText } from './hash.ts';
import { endpointSlotKey } from './model.ts';
import type { PolicyMember } from './model.ts';
import type { Candidate } from './selection.ts';

/** One endpoint as it is answered. */
export interface AnsweredEndpoint {
  /** From 0, distinct in one compiled policy. */
  readonly number: number;
  /** The member that it belongs to, for people. */
  readonly member: string;
  readonly family: Family;
  readonly address: IpAddress;
  /** The address as octets: the data of its A or AAAA record. */
  readonly octets: Uint8Array;
  /** The host name that leads there. */
  readonly hostName: string | undefined;
}

/** What was chosen for one answer. Refilled for each. */
export class Chosen {
  /** The first `count` are chosen. The list keeps its length, as growing it anew costs memory. */
  readonly endpoints: AnsweredEndpoint[] = [];
  count = 0;
  isChanging = false;
  isFrozen = false;
  isFailOpen = false;

  add(endpoint: AnsweredEndpoint): void {
    this.endpoints[this.count++] = endpoint;
  }

  clear(): void {
    this.count = 0;
    this.isChanging = false;
    this.isFrozen = false;
    this.isFailOpen = false;
  }
}

/** A member that can put what it answers into a choice. */
export interface Member extends Candidate {
  /** Reads what is of now. */
  refresh(): void;
  /** Adds what it has of the asked families, as of the last `refresh`. */
  collect(into: Chosen): void;
}

/** Where endpoints are read and how. */
export interface MemberContext {
  readonly table: SteeringTable;
  /** The slot of each endpoint, by `endpointSlotKey`. */
  readonly slots: ReadonlyMap<string, number>;
  readonly families: readonly Family[];
  /** Whether an endpoint may be answered that is up only because nothing is (R8). */
  readonly allowsFailOpen: boolean;
  /** Numbers endpoints. */
  readonly nextNumber: () => number;
}

interface ReadEndpoint extends AnsweredEndpoint {
  readonly slot: number;
  readonly weight: number;
  readonly isAsked: boolean;
  /** The slot's word at the last `refresh`. */
  word: number;
}

/** A service at one site. */
export class SiteMember implements Member {
  readonly name: string;
  readonly seed: number;
  isUp = false;
  isAsked = false;
  isSound = false;
  isFailOpen = false;
  isChanging = false;
  weight = 0;
  shed = 0;
  readonly #endpoints: readonly ReadEndpoint[];
  readonly #table: SteeringTable;
  readonly #allowsFailOpen: boolean;

  constructor(member: Extract<PolicyMember, { kind: 'site' }>, context: MemberContext) {
    const { name, hostName, endpoints } = member;
    this.name = name;
    this.seed = hashText(name);
    this.#table = context.table;
    this.#allowsFailOpen = context.allowsFailOpen;
    this.#endpoints = endpoints.flatMap(({ subject, family, answer, weight }) => {
      const slot = context.slots.get(endpointSlotKey(subject));
      if (slot === undefined) return [];
      const isAsked = context.families.includes(family);
      const what = { member: name, family, address: answer, octets: ipBytes(answer), hostName };
      return [{ ...what, number: context.nextNumber(), slot, weight, isAsked, word: 0 }];
    });
  }

  refresh(): void {
    this.isUp = false;
    this.isAsked = false;
    this.isSound = false;
    this.isFailOpen = true;
    this.isChanging = false;
    this.weight = 0;
    this.shed = 0;
    for (const endpoint of this.#endpoints) {
      endpoint.word = this.#table.word(endpoint.slot);
      const flag = flagsOf(endpoint.word);
      this.isChanging ||= flag.changePending;
      if (!this.#isUsable(endpoint)) continue;
      this.isUp = true;
      this.isSound ||= !flag.frozen && !flag.failOpen;
      this.isFailOpen &&= flag.failOpen;
      if (!endpoint.isAsked) continue;
      const shed = shedOf(endpoint.word);
      this.shed = this.isAsked ? Math.min(this.shed, shed) : shed;
      this.isAsked = true;
      // Before the first decision the table holds no weights.
      const weight = flag.unproven && weightOf(endpoint.word) === 0 ? endpoint.weight : weightOf(endpoint.word);
      if (weight > this.weight) this.weight = weight;
    }
  }

  collect(into: Chosen): void {
    for (const endpoint of this.#endpoints) {
      if (!endpoint.isAsked || !this.#isUsable(endpoint)) continue;
      const flag = flagsOf(endpoint.word);
      into.add(endpoint);
      into.isChanging ||= flag.changePending;
      into.isFrozen ||= flag.frozen;
      into.isFailOpen ||= flag.failOpen;
    }
  }

  #isUsable({ word }: ReadEndpoint): boolean {
    const { answerable, failOpen } = flagsOf(word);
    return answerable && (this.#allowsFailOpen || !failOpen);
  }
}
