/**
 * What the RFCs say of each path attribute type: the flags that it must have, and how far a fault in it goes (RFC 7606 §3,
 * §7, and the RFC of the attribute). A type that is not here is kept as it came.
 */
import { attributeFlag, attributeType } from './constants.ts';
import type { AttributeFault } from './fault.ts';

type Severity = AttributeFault['severity'];

/** The rule for a type. */
export interface AttributeRule {
  /** The Optional and Transitive bits. */
  readonly flags: number;
  /** What a malformed value costs. */
  readonly malformed: Severity;
  /** What wrong flags cost; RFC 7606 §3(c) unless the attribute's RFC says otherwise. */
  readonly wrongFlags: Severity;
  /** A peer in another AS may not set it: dropped whatever it holds. */
  readonly isInternal: boolean;
}

const { optional, transitive } = attributeFlag;

const mandatory: AttributeRule = {
  flags: transitive,
  malformed: 'treat-as-withdraw',
  wrongFlags: 'treat-as-withdraw',
  isInternal: false,
};
const passedOn: AttributeRule = { ...mandatory, flags: optional | transitive };
const local: AttributeRule = { ...mandatory, flags: optional };

const rules: ReadonlyMap<number, AttributeRule> = new Map<number, AttributeRule>([
  [attributeType.origin, mandatory],
  [attributeType.asPath, mandatory],
  [attributeType.nextHop, mandatory],
  [attributeType.med, local],
  [attributeType.localPref, { ...mandatory, isInternal: true }],
  [attributeType.atomicAggregate, { ...mandatory, malformed: 'attribute-discard' }],
  [attributeType.aggregator, { ...passedOn, malformed: 'attribute-discard' }],
  [attributeType.communities, passedOn],
  [attributeType.originatorId, { ...local, isInternal: true }],
  [attributeType.clusterList, { ...local, isInternal: true }],
  [attributeType.mpReach, local],
  [attributeType.mpUnreach, local],
  [attributeType.extendedCommunities, passedOn],
  // RFC 6793 §6.
  [attributeType.as4Path, { ...passedOn, malformed: 'attribute-discard' }],
  [attributeType.as4Aggregator, { ...passedOn, malformed: 'attribute-discard' }],
  // RFC 6514 says nothing; without the tunnel the route cannot be used.
  [attributeType.pmsiTunnel, passedOn],
  // RFC 9012 §13.
  [attributeType.tunnelEncapsulation, passedOn],
  [attributeType.ipv6ExtendedCommunities, passedOn],
  // RFC 7311 §3: dropped; from another AS it counts as unknown, which for a non-transitive attribute is the same (§4.1).
  [attributeType.aigp, { ...local, malformed: 'attribute-discard', wrongFlags: 'attribute-discard', isInternal: true }],
  // RFC 9552 §8.2.2.
  [attributeType.linkState, { ...local, malformed: 'attribute-discard', wrongFlags: 'attribute-discard' }],
  [attributeType.largeCommunities, passedOn],
  // RFC 9234 §5.
  [attributeType.onlyToCustomer, passedOn],
  // No RFC yet.
  [
    attributeType.nextHopCharacteristics,
    { ...passedOn, malformed: 'attribute-discard', wrongFlags: 'attribute-discard' },
  ],
  // RFC 8669 §6.
  [attributeType.prefixSid, { ...passedOn, malformed: 'attribute-discard', wrongFlags: 'attribute-discard' }],
  [attributeType.attributeSet, passedOn],
]);

/** The rule for a type; undefined for an unknown one. */
export function attributeRule(type: number): AttributeRule | undefined {
  return rules.get(type);
}

/**
 * Says what is wrong with the flags of a known attribute (RFC 7606 §3(c)), the Partial bit included, which only an
 * optional transitive one may have set (RFC 4271 §4.3); undefined where they are right.
 */
export function judgeFlags(type: number, flags: number, rule: AttributeRule): string | undefined {
  const isPartial = (flags & attributeFlag.partial) !== 0;
  const mayBePartial = rule.flags === (optional | transitive);
  const hasRightFlags = (flags & (optional | transitive)) === rule.flags;
  return hasRightFlags && (!isPartial || mayBePartial)
    ? undefined
    : `attribute ${type} has flags 0x${flags.toString(16)}`;
}
