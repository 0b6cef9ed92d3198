/** What every rule of safety answers: whether, by which rule, and why. */

/** A permission, with the rule that decided and words for people. */
export interface Permission {
  readonly allow: boolean;
  readonly rule: string;
  readonly reason: string;
}
