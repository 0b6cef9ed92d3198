/**
 * The agent's config file: one YAML file on the node, never replicated.
 *
 * Everything wrong with it comes back at once, with file, line and column (R29). Paths in it are relative to it.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { parseIp } from '#base/ip.ts';
import type { IpAddress } from '#base/ip.ts';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { bgpMachineSchema, readBgpMachine } from '#config/bgp-machine.ts';
import type { BgpMachine } from '#config/bgp-machine.ts';
import { socketPathFault } from '#config/machine.ts';
import { fileProblem } from '#config/problem.ts';
import type { Problem } from '#config/problem.ts';
import { loadYaml } from '#config/yaml-document.ts';
import type { InstanceMapping } from '#edge/keepalived/tracker.ts';
import type { ServiceMapping } from '#edge/haproxy/judge.ts';
import { durationMs } from '#health/check.ts';

const name = z.string().min(1).max(63);

const ipAddress = z.string().transform((text, context): IpAddress => {
  const address = parseIp(text);
  if (address !== undefined) return address;
  context.addIssue({ code: 'custom', message: 'expected an IPv4 or IPv6 address' });
  return z.NEVER;
});

const coordinatorUrl = z.url({ protocol: /^https?$/, error: 'expected a URL such as http://10.66.1.53:8053' });

const mappingSchema = z.strictObject({
  backend: z.string().min(1),
  frontends: z.array(z.string().min(1)).default([]),
  minServers: z.int().min(1).default(1),
  allowBackup: z.boolean().default(false),
});

const agentSchema = z.strictObject({
  site: name,
  node: name,
  /** Holds the token that coordinators ask for. */
  tokenFile: z.string().min(1).optional(),
  coordinators: z.array(coordinatorUrl).min(1),
  /** The Unix socket that commands talk to (R30). */
  controlSocket: z.string().min(1).optional(),
  /** Between two looks, and between two reports where nothing changes. */
  interval: durationMs.default(1000).refine((ms) => ms >= 100 && ms <= 60_000, 'expected 100ms to 60s'),
  haproxy: z
    .strictObject({
      socket: z.string().min(1),
      services: z.record(name, mappingSchema),
      /** The largest inter × fall of its checks, and a second. */
      reloadHold: durationMs.default(4000),
      /** How long a restart may leave the socket without an answer. */
      restartGrace: durationMs.default(3000),
    })
    .optional(),
  keepalived: z
    .strictObject({
      fifo: z.string().min(1).optional(),
      instances: z.record(name, z.strictObject({ addresses: z.array(ipAddress).min(1) })).default({}),
    })
    .optional(),
  /** A node that speaks BGP itself, where the site's `bgp.speaker` is `nodes`; absent: it never does. */
  bgp: bgpMachineSchema.extend({ stateFile: z.string().min(1).default('agent-bgp.json') }).optional(),
  /** The round trips of clients, for policies with a `latency` step. */
  latency: z
    .strictObject({
      enabled: z.boolean().default(true),
      interval: durationMs.refine((ms) => ms >= 1000 && ms <= 300_000, 'expected 1s to 5m').default(10_000),
      /** Where clients connect to on this node. */
      ports: z.array(z.int().min(1).max(65_535)).min(1).max(100).default([80, 443]),
    })
    .prefault({}),
});

/** A loaded config: defaults filled in, paths absolute, the token read. */
export interface AgentConfig {
  readonly site: string;
  readonly node: string;
  readonly coordinators: readonly string[];
  readonly token: string | undefined;
  /** The Unix socket that commands talk to (R30). */
  readonly controlSocket: string;
  readonly intervalMs: number;
  readonly haproxy:
    | {
        readonly socketPath: string;
        readonly services: readonly ServiceMapping[];
        readonly reloadHoldMs: number;
        readonly restartGraceMs: number;
      }
    | undefined;
  readonly keepalived:
    { readonly fifoPath: string | undefined; readonly instances: readonly InstanceMapping[] } | undefined;
  /** What this node speaks BGP with; undefined where it does not. */
  readonly bgp: (BgpMachine & { readonly stateFile: string }) | undefined;
  /** Which connections are measured; undefined for none. */
  readonly latency: { readonly ports: readonly number[]; readonly intervalMs: number } | undefined;
}

/** Reads and checks the config file, and the token file that it names; returns all problems, or the config. */
export function loadAgentConfig(file: string): Result<AgentConfig, readonly Problem[]> {
  const text = readText(file);
  if (!text.ok) return refuse([fileProblem(file, text.fault)]);
  const document = loadYaml(file, text.value, agentSchema);
  if (!document.ok) return document;
  const { value, problemAt } = document.value;
  const folder = path.dirname(path.resolve(file));
  const token = readToken(value.tokenFile, folder);
  if (!token.ok) return refuse([problemAt(['tokenFile'], token.fault)]);
  const bgp = value.bgp === undefined ? undefined : readBgpMachine(folder, value.bgp);
  if (bgp?.ok === false) return refuse(bgp.fault.map(({ path: at, message }) => problemAt(at, message)));
  const machine = bgp && { ...bgp.value, stateFile: path.resolve(folder, value.bgp?.stateFile ?? '') };
  const controlSocket =
    value.controlSocket === undefined
      ? path.join(machine === undefined ? folder : path.dirname(machine.stateFile), `${path.parse(file).name}.sock`)
      : path.resolve(folder, value.controlSocket);
  const tooLong = socketPathFault(controlSocket);
  if (tooLong !== undefined) return refuse([problemAt(['controlSocket'], tooLong)]);
  return succeed({ ...compose(value, folder, token.value), bgp: machine, controlSocket });
}

function compose(
  value: z.output<typeof agentSchema>,
  folder: string,
  token: string | undefined,
): Omit<AgentConfig, 'bgp' | 'controlSocket'> {
  const { haproxy, keepalived, latency } = value;
  return {
    site: value.site,
    node: value.node,
    coordinators: [...new Set(value.coordinators)],
    token,
    intervalMs: value.interval,
    haproxy: haproxy && {
      socketPath: path.resolve(folder, haproxy.socket),
      services: Object.entries(haproxy.services).map(([service, mapping]) => ({ service, ...mapping })),
      reloadHoldMs: haproxy.reloadHold,
      restartGraceMs: haproxy.restartGrace,
    },
    keepalived: keepalived && {
      fifoPath: keepalived.fifo === undefined ? undefined : path.resolve(folder, keepalived.fifo),
      instances: Object.entries(keepalived.instances).map(([instance, { addresses }]) => ({ instance, addresses })),
    },
    latency: latency.enabled ? { ports: [...new Set(latency.ports)], intervalMs: latency.interval } : undefined,
  };
}

function readToken(file: string | undefined, folder: string): Result<string | undefined, string> {
  if (file === undefined) return succeed(undefined);
  const text = readText(path.resolve(folder, file));
  if (!text.ok) return text;
  const token = text.value.trim();
  // A line end inside would end the HTTP header.
  return /^[\x21-\x7e]+$/.test(token) ? succeed(token) : refuse(`'${file}' holds no token, expected one line of text`);
}

function readText(file: string): Result<string, string> {
  try {
    return succeed(readFileSync(file, 'utf8'));
  } catch (error) {
    return refuse(`cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
