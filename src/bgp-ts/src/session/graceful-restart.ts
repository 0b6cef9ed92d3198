/**
 * Graceful restart in the OPEN, as the speaker that restarts (RFC 4724 §3, RFC 8538 §2): what we offer, and what the peer
 * said. When End-of-RIB goes out, and what is kept of the peer's routes, is not decided here.
 */
import type { Capability } from '../wire/capabilities.ts';
import { familyCode } from '../wire/family.ts';
import type { OpenMessage } from '../wire/open.ts';
import type { NegotiatedRestart, SessionConfig } from './types.ts';

/** Our capability; none without a configuration. */
export function restartCapability(config: SessionConfig): readonly Capability[] {
  const { gracefulRestart } = config;
  if (gracefulRestart === undefined) return [];
  const { isForwardingPreserved, hasNotification, restartTimeSeconds } = gracefulRestart;
  return [
    {
      kind: 'gracefulRestart',
      isRestarting: gracefulRestart.isRestarting(),
      hasNotification,
      restartTimeSeconds,
      families: config.families.map((family) => ({ ...familyCode(family), isForwardingPreserved })),
    },
  ];
}

/** What the peer said; of several capabilities the last one counts (RFC 4724 §3). */
export function negotiateRestart(open: OpenMessage, config: SessionConfig): NegotiatedRestart | undefined {
  const said = open.capabilities.findLast((capability) => capability.kind === 'gracefulRestart');
  if (config.gracefulRestart === undefined || said === undefined) return undefined;
  return {
    peerRestartTimeSeconds: said.restartTimeSeconds,
    isPeerRestarting: said.isRestarting,
    hasNotification: said.hasNotification && config.gracefulRestart.hasNotification,
  };
}
