/**
 * The Cease NOTIFICATIONs of every way to end a session on purpose, with their Data (RFC 4486, RFC 9003, RFC 9384), and
 * the Hard Reset around one (RFC 8538 §3). Does not decide when to send them.
 */
import { assertNever } from '../result.ts';
import { concatBytes, uint16Bytes, uint32Bytes } from '../wire/bytes.ts';
import { ceaseSubcode, errorCode } from '../wire/constants.ts';
import { familyCode } from '../wire/family.ts';
import type { MessageFault } from '../wire/fault.ts';
import { noData } from '../wire/fault.ts';
import { encodeShutdownText } from '../wire/notification.ts';
import type { SessionReset, StopHow } from './types.ts';

/** A connection that is not wanted (RFC 4486 §4). */
export const rejectedFault: MessageFault = cease(ceaseSubcode.connectionRejected, noData, 'connection is not accepted');

/** The loser of a collision (RFC 4271 §6.8). */
export function collisionFault(reason: string): MessageFault {
  return cease(ceaseSubcode.collisionResolution, noData, reason);
}

/** What decides whether the peer is to forget our routes when we end the session. */
export interface RestartTerms {
  /** Both sides set the N bit, so that anything but a Hard Reset lets the peer keep our routes. */
  readonly hasNotification: boolean;
  /** Our routes lead to where packets go whatever becomes of this speaker. */
  readonly isForwardingPreserved: boolean;
}

/**
 * What a reset says. Between peers with the N bit it is a Hard Reset where RFC 8538 §5.1 advises one (6/1), or where the
 * path that BFD lost is the one that packets for our routes take (RFC 5882 §4.3, RFC 9384 §3).
 */
export function resetFault(how: SessionReset, terms: RestartTerms): MessageFault {
  const isHard = terms.hasNotification && forgetsRoutes(how, terms);
  const inner = plainResetFault(how);
  return isHard ? hardReset(inner) : inner;
}

function forgetsRoutes(how: SessionReset, { isForwardingPreserved }: RestartTerms): boolean {
  if (how.mode === 'bfdDown') return !isForwardingPreserved;
  return how.mode === 'hardReset' || how.mode === 'maxPrefixes';
}

function plainResetFault(how: SessionReset): MessageFault {
  switch (how.mode) {
    case 'administrative':
      return administrative(ceaseSubcode.administrativeReset, how.text, 'administrative reset');
    case 'bfdDown':
      return cease(ceaseSubcode.bfdDown, noData, 'BFD is down');
    case 'hardReset':
      return administrative(ceaseSubcode.administrativeReset, how.text, 'hard reset');
    case 'maxPrefixes': {
      const { afi, safi } = familyCode(how.family);
      const data = concatBytes([uint16Bytes(afi), Uint8Array.of(safi), uint32Bytes(how.limit)]);
      return cease(ceaseSubcode.maxPrefixes, data, `peer sent more than ${how.limit} prefixes of ${how.family}`);
    }
    case 'configurationChanged':
      return cease(ceaseSubcode.otherConfigurationChange, noData, 'settings of the peer changed');
    case 'outOfResources':
      return cease(ceaseSubcode.outOfResources, noData, how.reason);
    default:
      return assertNever(how);
  }
}

/** What a stop says; undefined for a silent one. With the N bit it is a Hard Reset, since we do not come back soon. */
export function stopFault(how: StopHow, hasNotification: boolean): MessageFault | undefined {
  const inner = plainStopFault(how);
  return inner !== undefined && hasNotification ? hardReset(inner) : inner;
}

function plainStopFault(how: StopHow): MessageFault | undefined {
  switch (how.mode) {
    case 'administrative':
      return administrative(ceaseSubcode.administrativeShutdown, how.text, 'administrative shutdown');
    case 'deconfigured':
      return cease(ceaseSubcode.peerDeconfigured, noData, 'peer was removed');
    case 'silent':
    case 'refused':
      return undefined;
    default:
      return assertNever(how);
  }
}

function administrative(subcode: number, text: string, reason: string): MessageFault {
  return cease(subcode, encodeShutdownText(text), text === '' ? reason : text);
}

/** RFC 8538 §3: the Data is the code, subcode and Data of what would have been sent. */
function hardReset(inner: MessageFault): MessageFault {
  return cease(ceaseSubcode.hardReset, Uint8Array.of(inner.code, inner.subcode, ...inner.data), inner.reason);
}

function cease(subcode: number, data: Uint8Array, reason: string): MessageFault {
  return { code: errorCode.cease, subcode, data, reason };
}
