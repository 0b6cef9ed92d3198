/**
 * Prefixes to announce, by the attributes that they share. Groups are found by their attributes' octets: by comparing
 * them while there is one group, as there mostly is, and by a key from the second one on.
 */
import type { Prefix } from '../wire/address.ts';
import type { PathAttribute } from '../wire/attributes.ts';
import { bytesKey, equalBytes } from '../wire/bytes.ts';

/** Prefixes with equal attributes. */
export interface AttributeGroup {
  readonly attributes: readonly PathAttribute[];
  /** The attributes as a peer with 4-octet AS numbers gets them. */
  readonly encoded: Uint8Array;
  readonly prefixes: Prefix[];
}

/** Groups in the order in which they were added. */
export class AttributeGroups {
  readonly #groups: AttributeGroup[] = [];
  #byKey: Map<string, AttributeGroup> | undefined;

  /** The group with these attributes; undefined while there is none. */
  find(encoded: Uint8Array): AttributeGroup | undefined {
    if (this.#byKey !== undefined) return this.#byKey.get(bytesKey(encoded));
    const only = this.#groups[0];
    return only !== undefined && equalBytes(only.encoded, encoded) ? only : undefined;
  }

  /** Adds a group whose attributes no other one has. */
  add(group: AttributeGroup): void {
    this.#groups.push(group);
    if (this.#groups.length === 1) return;
    this.#byKey ??= new Map(this.#groups.map((each) => [bytesKey(each.encoded), each]));
    this.#byKey.set(bytesKey(group.encoded), group);
  }

  all(): readonly AttributeGroup[] {
    return this.#groups;
  }
}
