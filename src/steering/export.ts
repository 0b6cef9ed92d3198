/**
 * How routes are told to a neighbor, as written in `sites/*.yaml` (for one neighbor) and in `zones/*.yaml` (for one
 * prefix): numbers and communities for each standing of a route (R20). Plain data; announcer/attributes.ts reads it.
 */
import { z } from 'zod';

const uint32 = z.int().min(0).max(0xffff_ffff);

/** Text of `parts` numbers from 0 to `most`, joined by colons. */
function community(parts: number, most: number, example: string): z.ZodType<string, string> {
  const expected = `${parts} numbers from 0 to ${most} such as '${example}'`;
  return z.string().refine(
    (text) => {
      const numbers = text.split(':');
      return numbers.length === parts && numbers.every((part) => /^\d{1,10}$/.test(part) && Number(part) <= most);
    },
    { error: `expected ${expected}` },
  );
}

/** A community of RFC 1997. */
export const communitySchema = community(2, 0xffff, '64500:80');

/** A large community of RFC 8092. */
export const largeCommunitySchema = community(3, 0xffff_ffff, '64500:1:80');

const mostCommunities = 32;

const routeSettings = {
  /** MULTI_EXIT_DISC; lower is preferred. */
  med: uint32.optional(),
  /** How often our AS number stands in AS_PATH beyond once; towards other ASes only. */
  prepend: z.int().min(0).max(32).optional(),
  /** LOCAL_PREF; towards neighbors in our own AS only. */
  localPreference: uint32.optional(),
  communities: z.array(communitySchema).max(mostCommunities).optional(),
  largeCommunities: z.array(largeCommunitySchema).max(mostCommunities).optional(),
};

const routeSettingsSchema = z.strictObject(routeSettings);

/** `export` of a neighbor or a prefix: what every route carries, and what a lower standing changes or adds. */
export const exportSchema = z.strictObject({
  ...routeSettings,
  depreferred: routeSettingsSchema.optional(),
  draining: routeSettingsSchema.optional(),
  blackhole: routeSettingsSchema.optional(),
});

/** Numbers and communities of a route; what is absent follows from the standing. */
export type RouteSettings = Readonly<z.infer<typeof routeSettingsSchema>>;

/** What a prefix says of its routes towards every neighbor. */
export type PrefixExport = Readonly<z.infer<typeof exportSchema>>;

/** What a neighbor's file says of the routes that it is told; over what the prefix says. */
export type NeighborExport = PrefixExport;

/** How much a route is wanted: from the best to the worst, and apart from these a route that discards. */
export type Standing = 'normal' | 'depreferred' | 'draining' | 'blackhole';
