/**
 * One border router as this site's release wants it dealt with: plain data, every default filled in, fit to be sent to
 * the nodes of a site that speak themselves (docs/reference/bgp.md).
 *
 * Secrets are never in it: `md5Key` is the name of a key whose text lies in a file of the machine that speaks.
 */
import { z } from 'zod';
import { familyOf, isWithin, parseIp, parsePrefix } from '#base/ip.ts';
import type { IpAddress, IpPrefix } from '#base/ip.ts';
import { exportSchema } from '#steering/export.ts';
import type { Standing } from '#steering/model.ts';

/** An address that travels: refused where it is not canonical. */
export const addressSchema = z
  .string()
  .refine((text) => parseIp(text) === text, 'expected a canonical IP address')
  .transform((text) => text as IpAddress);

/** A prefix that travels. */
export const prefixTextSchema = z
  .string()
  .refine((text) => parsePrefix(text) === text, 'expected a canonical prefix')
  .transform((text) => text as IpPrefix);

/** Our role towards an eBGP neighbor (RFC 9234 §3.1), as it is written in config. */
export const bgpRoles = ['provider', 'routeServer', 'routeServerClient', 'customer', 'peer'] as const;

export const bgpFamilies = ['ipv4-unicast', 'ipv6-unicast'] as const;

/** The schema of a neighbor between coordinator and nodes. */
export const neighborPlanSchema = z.object({
  name: z.string().min(1).max(63),
  address: addressSchema,
  port: z.int().min(1).max(65_535),
  peerAsn: z.int().min(1),
  localAsn: z.int().min(1),
  localAddress: addressSchema.optional(),
  /** 3 to 65535, or 0: config takes that only where there is BFD. */
  holdTimeSeconds: z.int().min(0).max(65_535),
  /** Who opens the connection; `passive` and `both` need a listener on the machine that speaks. */
  connection: z.enum(['active', 'passive', 'both']),
  families: z.array(z.enum(bgpFamilies)).min(1),
  /** How many hops away it is; absent for a neighbor on the same link. */
  multihop: z.int().min(2).max(255).optional(),
  /** GTSM (RFC 5082). */
  ttlSecurityHops: z.int().min(1).max(254).optional(),
  /** The name of a TCP-MD5 key (RFC 2385). */
  md5Key: z.string().min(1).max(63).optional(),
  device: z.string().min(1).max(15).optional(),
  dscp: z.int().min(0).max(63).optional(),
  role: z.object({ local: z.enum(bgpRoles), isStrict: z.boolean() }).optional(),
  /** Absent: graceful restart is not offered. */
  gracefulRestart: z.object({ restartTimeSeconds: z.int().min(1).max(4095), hasNotification: z.boolean() }).optional(),
  /** Absent: no BFD. Strict: the session waits until BFD is up. */
  bfd: z
    .object({
      intervalMs: z.int().min(50).max(60_000),
      multiplier: z.int().min(2).max(255),
      isStrict: z.boolean(),
    })
    .optional(),
  extendedNextHop: z.boolean(),
  /** What it may be told, whatever is announced; absent: every prefix of the site. */
  prefixes: z.array(prefixTextSchema).optional(),
  /** Whether it may be told single addresses in these that are to be discarded (RFC 7999); absent: it may. */
  blackhole: z.boolean().optional(),
  /** How routes are told to it. */
  export: exportSchema.optional(),
});

/** One border router, ready to be spoken to. */
export type NeighborPlan = Readonly<z.infer<typeof neighborPlanSchema>>;

/** What of a plan says which routes it may be told. */
type Permitted = Pick<NeighborPlan, 'prefixes' | 'blackhole'> & { readonly families: readonly string[] };

/**
 * Whether a neighbor is told a prefix by its plan: it takes the family, and is not kept to other prefixes. Exactly what
 * is listed counts, but for what is told to be discarded: that lies within a listed prefix (RFC 7999 §3.2).
 */
export function mayBeTold(
  { families, prefixes, blackhole }: Permitted,
  prefix: IpPrefix,
  standing: Standing = 'normal',
): boolean {
  if (!families.includes(`ipv${familyOf(prefix)}-unicast`)) return false;
  if (standing !== 'blackhole') return prefixes?.includes(prefix) !== false;
  return blackhole !== false && prefixes?.some((listed) => isWithin(prefix, listed)) !== false;
}

/** What a session is made of: all of a plan but which routes are told and how. Equal where no session need end. */
export function sessionShape(plan: NeighborPlan): string {
  const shape = { ...plan, export: undefined, prefixes: undefined, blackhole: undefined };
  return JSON.stringify(Object.entries(shape).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
