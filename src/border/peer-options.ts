/** A neighbor's plan as the options of a BGP peer and of a BFD session, on one machine. Pure. */
import type { BfdSessionOptions, PeerOptions } from 'bgp-ts';
import { familyOf } from '#base/ip.ts';
import type { IpAddress } from '#base/ip.ts';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import type { SpeakingMachine } from './machine.ts';
import type { NeighborPlan } from './plan.ts';

/** Who speaks. */
export interface SpeakerIdentity {
  readonly routerId: IpAddress;
  readonly machine: SpeakingMachine;
}

/** The options of a peer; the fault is a sentence about what this machine lacks. */
export function peerOptionsOf(plan: NeighborPlan, { routerId, machine }: SpeakerIdentity): Result<PeerOptions, string> {
  const { ttlSecurityHops, device, dscp, role, gracefulRestart, connection } = plan;
  const key = plan.md5Key === undefined ? undefined : machine.md5Keys.get(plan.md5Key);
  if (plan.md5Key !== undefined && key === undefined) {
    return refuse(`this machine has no key '${plan.md5Key}', expected it under bgp.keys of its own config`);
  }
  if (connection !== 'active' && machine.listen.length === 0) {
    return refuse(`it is ${connection} and this machine does not listen, expected bgp.listen in its own config`);
  }
  const socket = {
    ...(key === undefined ? {} : { md5Key: key }),
    ...(ttlSecurityHops === undefined ? {} : { ttlSecurityHops }),
    ...(device === undefined ? {} : { device }),
    ...(dscp === undefined ? {} : { dscp }),
  };
  const localAddress = localAddressOf(plan, machine);
  return succeed({
    name: plan.name,
    address: plan.address,
    port: plan.port,
    peerAsn: plan.peerAsn,
    localAsn: plan.localAsn,
    routerId,
    holdTimeSeconds: plan.holdTimeSeconds,
    // Where BFD watches the neighbor no hold timer has to. A plan that says 0 without is of a version before, which took
    // it: an instruction that a node kept, or has of such a coordinator. An upgrade ends no session (R24).
    ...(plan.bfd === undefined && plan.holdTimeSeconds !== 0 ? {} : { allowHoldTimeZero: true }),
    families: plan.families,
    connection,
    extendedNextHop: plan.extendedNextHop,
    ...(localAddress === undefined ? {} : { localAddress }),
    ...(Object.keys(socket).length === 0 ? {} : { socket }),
    ...(role === undefined ? {} : { role }),
    ...(gracefulRestart === undefined ? {} : { gracefulRestart: { ...gracefulRestart, isForwardingPreserved: true } }),
  });
}

/** The options of its BFD session; undefined where it has none. */
export function bfdOptionsOf(plan: NeighborPlan, { machine }: SpeakerIdentity): BfdSessionOptions | undefined {
  if (plan.bfd === undefined) return undefined;
  const localAddress = localAddressOf(plan, machine);
  return {
    name: plan.name,
    address: plan.address,
    intervalMs: plan.bfd.intervalMs,
    multiplier: plan.bfd.multiplier,
    isMultihop: plan.multihop !== undefined,
    ...(localAddress === undefined ? {} : { localAddress }),
    ...(plan.device === undefined ? {} : { device: plan.device }),
  };
}

function localAddressOf(plan: NeighborPlan, machine: SpeakingMachine): IpAddress | undefined {
  if (plan.localAddress !== undefined) return plan.localAddress;
  const { localAddress } = machine;
  return localAddress !== undefined && familyOf(localAddress) === familyOf(plan.address) ? localAddress : undefined;
}
