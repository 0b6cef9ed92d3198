/**
 * What agents and coordinators tell each other, and its schema: an agent's report, and a coordinator's.
 *
 * Both carry the full state each time, with a boot id, a sequence and a lease. The lease runs on the receiver's own
 * monotonic clock (R12). A report that is not newer than the last of the same boot is refused. Keys that are not known
 * are left out: their sender may be of a newer version, and its report must still be heard.
 */
import { z } from 'zod';
import { agentLatenciesSchema, coordinatorLatenciesSchema } from './latency/report.ts';

/** Text that ends up on operators' terminals: what could steer one is replaced. */
const text = z.string().transform((value) => value.replaceAll(/\p{Cc}/gu, '\ufffd'));
const name = z.string().min(1).max(63).pipe(text);
const reason = z.string().max(500).pipe(text);

const header = {
  /** Chosen anew at each start of the sender. */
  boot: z.string().min(1).max(64),
  /** Grows with each report of one boot. */
  sequence: z.int().min(0),
  /** How long the report speaks for its sender, from its receipt. */
  leaseMs: z.int().min(100).max(600_000),
};

/** One service as seen by one node's proxy. */
export const serviceReportSchema = z.object({
  service: name,
  state: z.enum(['up', 'down', 'draining', 'unknown']),
  reason,
  /** Why the state is held as it was while the proxy or the agent restarts (R7). */
  holding: reason.optional(),
  usableServers: z.int().min(0),
  totalServers: z.int().min(0),
  /** Share of the configured weight that is usable, 0 to 1. */
  capacity: z.number().min(0).max(1),
  /** Share of the capacity in use, 0 to 1 and above. */
  load: z.number().min(0).optional(),
  /** Sessions at the usable servers now. */
  sessions: z.int().min(0).optional(),
});

/** One virtual address at one node. */
export const vipReportSchema = z.object({
  address: z.string(),
  /** Whether the address is on the node now: level, not edge. */
  owned: z.boolean(),
  instance: name.optional(),
  state: z.enum(['INIT', 'BACKUP', 'MASTER', 'FAULT', 'STOP', 'unknown']),
});

/** An agent's full state. */
export const reportSchema = z.object({
  site: name,
  node: name,
  ...header,
  services: z.array(serviceReportSchema).max(10_000),
  vips: z.array(vipReportSchema).max(1_000),
  /** Round trips of clients; absent where there is nothing new to say of them. */
  latencies: agentLatenciesSchema,
});

/** One check as one vantage sees it now. */
export const observationSchema = z.object({
  check: z.string().min(1).max(1_000),
  /** After rise and fall. */
  state: z.enum(['pass', 'fail']),
  /** Fails in a row until now, and trusted: a reference was reached since they began (R5). Zero after a pass. */
  failingRounds: z.int().min(0),
  reason,
});

/** One anycast prefix as one site's coordinator stands to it (R19). */
export const anchorReportSchema = z.object({
  prefix: z.string(),
  holds: z.boolean(),
  /** Up here by its gate, and announced. */
  serving: z.boolean(),
  announced: z.boolean(),
  /** How far a wish to leave has come (R20): waiting for its turn, or going. */
  leaving: z.enum(['waiting', 'going']).optional(),
  /** A request to another site to hold the anchor from now on. */
  asks: z.object({ site: name, id: z.string().min(1).max(100) }).optional(),
  /** The last request of each other site that this site has taken on. */
  accepted: z.array(z.object({ site: name, id: z.string().min(1).max(100) })).max(100),
});

/** The longest time that an override may be in force: 30 days. */
export const longestOverrideMs = 30 * 86_400_000;

/**
 * An operator's word, in force until it expires or is taken back (R26): a drain of a site, a prefix that is to be
 * de-preferred at a site, or an address whose traffic the site's border routers are to discard (RFC 7999).
 */
export const overrideSchema = z.object({
  id: z.string().min(1).max(64),
  kind: z.enum(['drain', 'depref', 'blackhole']),
  site: name,
  /** What `depref` and `blackhole` are about. */
  prefix: z.string().max(50).optional(),
  /** Rules that a drain overrides by name. */
  forced: z.array(z.string().max(30)).max(20).optional(),
  reason,
  who: z.string().min(1).max(100).pipe(text),
  createdAtUnixMs: z.number(),
  durationMs: z.number().min(1).max(longestOverrideMs),
  /** Grows when the override is changed or taken back; the higher wins. */
  revision: z.int().min(0),
  removed: z.boolean(),
});

const tierName = z.string().min(1).max(10_000).pipe(text);

/** A service with a failover step as one coordinator sees it (R27). */
export const failoverReportSchema = z.object({
  service: name,
  /** The tiers that are up by the sender's evidence, by name: its vote. Absent while it does not know the service. */
  up: z.array(tierName).max(1_000).optional(),
  /** The last change of the active tier that the sender knows of; absent where there was none. */
  record: z
    .object({
      tier: tierName,
      /** Grows with each change; the higher wins. */
      revision: z.int().min(1),
      sinceUnixMs: z.number(),
      cause: z.enum(['health', 'drain', 'operator']),
      /** Where it was decided. */
      site: name,
      who: z.string().min(1).max(100).pipe(text),
      reason,
    })
    .optional(),
});

/** A coordinator's full state, told to every other coordinator. */
export const peerReportSchema = z.object({
  site: name,
  ...header,
  /** Whether this vantage reaches its references; without any, it freezes (R5). */
  sane: z.boolean(),
  observations: z.array(observationSchema).max(100_000),
  anchors: z.array(anchorReportSchema).max(10_000),
  /** Drains. */
  overrides: z.array(overrideSchema).max(10_000),
  /** Overrides of other kinds; apart, since a version before them refuses a report with kinds that it does not know. */
  routeOverrides: z.array(overrideSchema).max(10_000).optional(),
  /** Overrides that this coordinator's answers already follow (R25). */
  appliedOverrides: z.array(z.string()).max(10_000),
  /** Absent from a coordinator of a version before failover. */
  failovers: z.array(failoverReportSchema).max(10_000).optional(),
  /** Session settings that a release changes at the sender's site wait for its turn, or are changing (R28). */
  sessionChange: z.enum(['waiting', 'going']).optional(),
  /** Round trips between the sender's site and clients; absent where there is nothing new to say of them. */
  latencies: coordinatorLatenciesSchema,
  release: z.object({ epoch: z.int().min(0), sequence: z.int().min(0) }),
});

export type ServiceReport = Readonly<z.infer<typeof serviceReportSchema>>;
export type VipReport = Readonly<z.infer<typeof vipReportSchema>>;
export type Report = Readonly<z.infer<typeof reportSchema>>;
export type Observation = Readonly<z.infer<typeof observationSchema>>;
export type AnchorReport = Readonly<z.infer<typeof anchorReportSchema>>;
export type FailoverReport = Readonly<z.infer<typeof failoverReportSchema>>;
export type Override = Readonly<z.infer<typeof overrideSchema>>;
export type PeerReport = Readonly<z.infer<typeof peerReportSchema>>;
