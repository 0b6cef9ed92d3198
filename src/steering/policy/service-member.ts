/** A service as a member of another: as healthy as its decision says, and answered as its own policy says. */
import { hashText } from './hash.ts';
import type { PolicyMember } from './model.ts';
import type { Chosen, Member } from './site-member.ts';

/** The policy of the service, and what it says as of its last run. */
export interface NestedPolicy {
  readonly members: readonly Member[];
  readonly chosen: Chosen;
  /** Whether a member that is out may come back soon. */
  readonly isReturning: boolean;
  /** Whether it is up for services of which it is a member, by evidence. */
  readonly isHealthy: boolean;
}

/** A service within another. Its policy runs before it is refreshed. */
export class ServiceMember implements Member {
  readonly name: string;
  readonly seed: number;
  readonly weight: number;
  isUp = false;
  isAsked = false;
  isSound = false;
  isFailOpen = false;
  isChanging = false;
  shed = 0;
  readonly #policy: NestedPolicy;

  constructor({ name, weight }: Extract<PolicyMember, { kind: 'service' }>, policy: NestedPolicy) {
    this.name = name;
    this.seed = hashText(name);
    this.weight = weight;
    this.#policy = policy;
  }

  refresh(): void {
    const { chosen, members, isReturning, isHealthy } = this.#policy;
    this.isAsked = chosen.count > 0;
    this.isSound = isHealthy;
    this.isUp = this.isAsked;
    this.isFailOpen = true;
    this.isChanging = chosen.isChanging || isReturning;
    this.shed = 0;
    let isFirst = true;
    for (const member of members) {
      if (!member.isUp) continue;
      this.isUp = true;
      this.isFailOpen &&= member.isFailOpen;
      if (!member.isAsked) continue;
      // What one of its members still takes need not leave the service.
      this.shed = isFirst ? member.shed : Math.min(this.shed, member.shed);
      isFirst = false;
    }
  }

  collect(into: Chosen): void {
    const { chosen, isReturning } = this.#policy;
    for (let index = 0; index < chosen.count; index++) {
      const endpoint = chosen.endpoints[index];
      if (endpoint !== undefined) into.add(endpoint);
    }
    into.isChanging ||= chosen.isChanging || isReturning;
    into.isFrozen ||= chosen.isFrozen;
    into.isFailOpen ||= chosen.isFailOpen;
  }
}
