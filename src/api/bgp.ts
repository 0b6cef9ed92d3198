/** The answer of `GET /v1/bgp`: who speaks BGP here, to whom, what each was told and when, and what it would be told now. */
import { z } from 'zod';
import { kernelDropsSchema } from '#border/kernel-drops.ts';
import { neighborPlanSchema } from '#border/plan.ts';
import { neighborSnapshotSchema } from '#border/snapshot.ts';

const speakerSchema = z.object({
  /** `coordinator`, or the name of a node. */
  speaker: z.string(),
  routerId: z.string(),
  /** Of what is known of a node; absent for the coordinator, and for a node that has not reported. */
  ageMs: z.number().optional(),
  neighbors: z.array(neighborSnapshotSchema),
  /** What the kernel of the speaker's machine has dropped, where that is not the one that answers. */
  kernel: kernelDropsSchema.optional(),
});

export const bgpStatusSchema = z.object({
  site: z.string(),
  /** Absent where the release gives this site no border routers. */
  bgp: z
    .object({
      asn: z.number(),
      mode: z.enum(['coordinator', 'nodes']),
      /** Where sessions come from as far as it is configured, by speaker. */
      neighbors: z.array(neighborPlanSchema),
    })
    .optional(),
  /** Every prefix that this site may announce, wanted now or not. */
  prefixes: z.array(z.object({ prefix: z.string(), nextHop: z.string() })),
  speakers: z.array(speakerSchema),
  /** Session settings that a release changes and that are not, or not yet, in force here (R28). */
  sessionChange: z
    .object({ state: z.enum(['waiting', 'going']), neighbors: z.array(z.string()), reason: z.string() })
    .optional(),
  /** How often each rule held a withdrawal back. */
  blocked: z.array(z.object({ rule: z.string(), count: z.number() })),
  /** What the kernel has dropped on this machine: segments with a wrong TCP-MD5 signature, and with too low a TTL. */
  kernel: kernelDropsSchema,
});

export type BgpStatus = z.infer<typeof bgpStatusSchema>;
export type SpeakerStatus = BgpStatus['speakers'][number];
