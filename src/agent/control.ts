/**
 * What the agent's control socket tells (R30), read from the parts: nothing is decided here, and no coordinator is asked.
 */
import type { AgentStatus } from '#api/agent.ts';
import type { BgpStatus } from '#api/bgp.ts';
import type { ApiFault } from '#api/fault.ts';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import type { KernelDrops } from '#border/kernel-drops.ts';
import type { NodeBgpDescription } from './node-bgp.ts';

/** The node's BGP side for `GET /v1/status`. */
export function describeNode(node: NodeBgpDescription): NonNullable<AgentStatus['bgp']> {
  const { instruction, isFresh, missing, managed, neighbors } = node;
  return {
    instruction: instruction === undefined ? 'none' : isFresh ? 'current' : 'kept',
    missing: [...missing],
    managed: [...managed],
    neighbors: [...neighbors],
  };
}

/** The node's sessions in the form in which a coordinator tells a site's; `node` is undefined where it does not speak. */
export function describeNodeBgp(
  node: NodeBgpDescription | undefined,
  kernel: KernelDrops,
): Result<BgpStatus, ApiFault> {
  if (node === undefined) {
    return refuse({ status: 404, code: 'no-bgp', message: 'this node does not speak BGP: its config has no `bgp`' });
  }
  const { instruction, neighbors } = node;
  const [first] = instruction?.neighbors ?? [];
  if (instruction === undefined || first === undefined) {
    const message = 'no coordinator of this site has said yet to which border routers this node speaks';
    return refuse({ status: 503, code: 'no-instruction', message });
  }
  return succeed({
    site: instruction.site,
    bgp: { asn: first.localAsn, mode: 'nodes', neighbors: [...instruction.neighbors] },
    prefixes: instruction.prefixes.map((prefix) => ({ prefix, nextHop: 'self' })),
    speakers: [{ speaker: instruction.node, routerId: instruction.routerId, ageMs: 0, neighbors: [...neighbors] }],
    blocked: [],
    kernel,
  });
}
