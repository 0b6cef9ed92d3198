/**
 * Checks the options that say what passes between the peers: role, graceful restart, import and export. Fills in the
 * defaults. Sockets and timers are in options.ts and socket-options.ts.
 */
import type { Result } from '../result.ts';
import { refuse, succeed } from '../result.ts';
import type { ImportPolicy } from '../rib/adj-rib-in.ts';
import type { CheckedRange } from '../rib/prefix-range.ts';
import { checkRanges } from '../rib/prefix-range.ts';
import type { GracefulRestartConfig, SessionConfig } from '../session/types.ts';
import { bgpRole } from '../wire/constants.ts';
import type { ImportOptions, PeerOptions } from './types.ts';

/** What a peer may be told, what is taken in of it, and how it learns of a restart. */
export interface PeerPolicy {
  /** undefined: everything. */
  readonly exportPrefixes: readonly CheckedRange[] | undefined;
  /** undefined: nothing. */
  readonly import: ImportPolicy | undefined;
  readonly gracefulRestart: Omit<GracefulRestartConfig, 'isRestarting'> | undefined;
  readonly role: SessionConfig['role'];
}

const maxRestartTimeSeconds = 4095;
const mostPrefixes = 10_000_000;

/** Checks them; the fault is a sentence that names the option and the value. */
export function checkPolicyOptions(options: PeerOptions): Result<PeerPolicy, string> {
  const fault = checkRole(options) ?? checkRestart(options);
  if (fault !== undefined) return refuse(fault);
  const exportPrefixes =
    options.exportPrefixes === undefined ? succeed(undefined) : checkRanges(options.exportPrefixes, 'exportPrefixes');
  if (!exportPrefixes.ok) return exportPrefixes;
  const imported = options.import === undefined ? succeed(undefined) : checkImport(options.import);
  if (!imported.ok) return imported;
  return succeed({
    exportPrefixes: exportPrefixes.value,
    import: imported.value,
    gracefulRestart: restartOf(options),
    role:
      options.role === undefined
        ? undefined
        : { local: bgpRole[options.role.local], isStrict: options.role.isStrict ?? false },
  });
}

function restartOf({ gracefulRestart }: PeerOptions): PeerPolicy['gracefulRestart'] {
  if (gracefulRestart === undefined) return undefined;
  const { restartTimeSeconds, isForwardingPreserved = true, hasNotification = true } = gracefulRestart;
  return { restartTimeSeconds, isForwardingPreserved, hasNotification };
}

function checkRole({ role, localAsn, peerAsn }: PeerOptions): string | undefined {
  if (role === undefined) return undefined;
  const names = Object.keys(bgpRole);
  if (!names.includes(role.local)) return `role "${role.local}" is not one of ${names.join(', ')}`;
  return localAsn === peerAsn ? `role "${role.local}" is for a peer in another AS, not in AS ${peerAsn}` : undefined;
}

function checkRestart({ gracefulRestart }: PeerOptions): string | undefined {
  if (gracefulRestart === undefined) return undefined;
  const { restartTimeSeconds } = gracefulRestart;
  const isInRange =
    Number.isInteger(restartTimeSeconds) && restartTimeSeconds >= 1 && restartTimeSeconds <= maxRestartTimeSeconds;
  if (isInRange) return undefined;
  return `restartTimeSeconds ${restartTimeSeconds} is not a whole number from 1 to ${maxRestartTimeSeconds}`;
}

function checkImport({ accept, maxPrefixes }: ImportOptions): Result<ImportPolicy, string> {
  const ranges = checkRanges(accept, 'import');
  if (!ranges.ok) return ranges;
  const isInRange = Number.isInteger(maxPrefixes) && maxPrefixes >= 1 && maxPrefixes <= mostPrefixes;
  if (isInRange) return succeed({ accept: ranges.value, maxPrefixes });
  return refuse(`maxPrefixes ${maxPrefixes} is not a whole number from 1 to ${mostPrefixes}`);
}
