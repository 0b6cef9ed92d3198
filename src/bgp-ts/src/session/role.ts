/**
 * Roles of the two sides of an eBGP session (RFC 9234 §4): ours in the OPEN, and whether the peer's fits. Inside one AS
 * there are no roles.
 */
import type { Capability } from '../wire/capabilities.ts';
import { bgpRole, errorCode, openSubcode } from '../wire/constants.ts';
import type { MessageFault } from '../wire/fault.ts';
import { noData } from '../wire/fault.ts';
import type { OpenMessage } from '../wire/open.ts';
import type { SessionConfig } from './types.ts';

/** The role that the peer must have, by ours. */
const counterparts: ReadonlyMap<number, number> = new Map([
  [bgpRole.provider, bgpRole.customer],
  [bgpRole.customer, bgpRole.provider],
  [bgpRole.routeServer, bgpRole.routeServerClient],
  [bgpRole.routeServerClient, bgpRole.routeServer],
  [bgpRole.peer, bgpRole.peer],
]);

/** Our capability; none without a role, and none inside our AS. */
export function roleCapability(config: SessionConfig): readonly Capability[] {
  const role = roleOf(config);
  return role === undefined ? [] : [{ kind: 'role', role: role.local }];
}

/** The role that the peer told first. */
export function peerRoleOf(open: OpenMessage): number | undefined {
  return rolesOf(open)[0];
}

/** 2/11 when the roles do not fit, when the peer told several, or none where `isStrict`. */
export function judgeRole(open: OpenMessage, config: SessionConfig): MessageFault | undefined {
  const role = roleOf(config);
  if (role === undefined) return undefined;
  const roles = rolesOf(open);
  if (roles.length === 0) return role.isStrict ? mismatch('peer tells no role') : undefined;
  if (new Set(roles).size > 1) return mismatch(`peer tells several roles, ${roles.join(', ')}`);
  const wanted = counterparts.get(role.local);
  if (roles[0] === wanted) return undefined;
  return mismatch(`peer has role ${nameOf(roles[0])}, expected ${nameOf(wanted)} towards our ${nameOf(role.local)}`);
}

function roleOf(config: SessionConfig): SessionConfig['role'] {
  return config.localAsn === config.peerAsn ? undefined : config.role;
}

function rolesOf(open: OpenMessage): readonly number[] {
  return open.capabilities.flatMap((capability) => (capability.kind === 'role' ? [capability.role] : []));
}

function nameOf(role: number | undefined): string {
  return Object.entries(bgpRole).find(([, number]) => number === role)?.[0] ?? String(role);
}

function mismatch(reason: string): MessageFault {
  return { code: errorCode.open, subcode: openSubcode.roleMismatch, data: noData, reason };
}
