/** The one-line texts of events. */
import type { RibInChanges } from '../rib/adj-rib-in.ts';
import type { RefusedRoute } from '../rib/batch.ts';
import type { SessionEvent } from '../session/types.ts';
import { toHex } from '../wire/bytes.ts';
import { notificationName, shutdownTextOf } from '../wire/notification.ts';
import type { DecodedUpdate } from '../wire/update-decode.ts';
import type { SpeakerEvent } from './types.ts';

/** In a text, and in the list of what is told in short. */
const maxListedPrefixes = 4;
const maxNamedPrefixes = 20;
const maxListedReasons = 8;

/** The event for a change of state. */
export function describeState(
  peer: string,
  event: Extract<SessionEvent, { readonly kind: 'stateChanged' }>,
): SpeakerEvent {
  const { from: previous, to: state, reason } = event;
  return { kind: 'sessionState', peer, state, previous, reason, text: `BGP session with ${peer}: ${state}, ${reason}` };
}

/** The event for a NOTIFICATION. */
export function describeNotification(
  peer: string,
  event: Extract<SessionEvent, { readonly kind: 'notification' }>,
): SpeakerEvent {
  const { direction, code, subcode, data } = event;
  const shutdownText = shutdownTextOf({ code, subcode, data });
  const name = `NOTIFICATION ${code}/${subcode} (${notificationName(code, subcode)})`;
  const head = direction === 'sent' ? `sent ${name} to ${peer}` : `received ${name} from ${peer}`;
  const detail = shutdownText ?? (event.reason === '' && data.length > 0 ? `data ${toHex(data)}` : event.reason);
  const text = detail === '' ? head : `${head}: ${detail}`;
  return { kind: 'notification', peer, direction, code, subcode, data, shutdownText, text };
}

/** The event for a sent UPDATE; `reasons` are those of its prefixes. */
export function describeUpdate(
  peer: string,
  update: { readonly announced: readonly string[]; readonly withdrawn: readonly string[] },
  reasons: readonly string[],
): SpeakerEvent {
  const { announced, withdrawn } = update;
  const told = announced.length === 0 ? '' : `announced ${listPrefixes(announced)} to ${peer}`;
  const untold = withdrawn.length === 0 ? '' : `withdrew ${listPrefixes(withdrawn)} from ${peer}`;
  const both = told !== '' && untold !== '' ? `${told}, ${untold}` : told + untold;
  const cause = reasons.length === 0 ? '' : `: ${reasons.join('; ')}`;
  return { kind: 'updateSent', peer, announced, withdrawn, text: both + cause };
}

/**
 * The events for routes that cannot be told to a peer: one for each reason however many routes it has, and one for all
 * reasons beyond the first few.
 */
export function describeRefused(peer: string, refused: readonly RefusedRoute[]): readonly SpeakerEvent[] {
  const reasons = [...Map.groupBy(refused, ({ reason }) => reason)];
  const others = reasons.slice(maxListedReasons);
  const first = others[0]?.[0] ?? '';
  const rest = others.flatMap(([, routes]) => routes);
  return [
    ...reasons.slice(0, maxListedReasons).map(([reason, routes]) => describeRefusal(peer, routes, reason)),
    ...(rest.length === 0 ? [] : [describeRefusal(peer, rest, `${others.length} reasons more, such as: ${first}`)]),
  ];
}

function describeRefusal(peer: string, routes: readonly RefusedRoute[], reason: string): SpeakerEvent {
  const all = routes.map(({ prefix }) => prefix);
  const text = `cannot announce ${listPrefixes(all)} to ${peer}: ${reason}`;
  return { kind: 'routeRefused', peer, prefixes: all.slice(0, maxNamedPrefixes), count: all.length, reason, text };
}

/** The events for routes that were taken in and lost; none where there are none. `cause` says why they are gone. */
export function describeReceived(peer: string, changes: RibInChanges, cause: string): readonly SpeakerEvent[] {
  const { learnt, gone } = changes;
  const learntText = `learnt ${listPrefixes(learnt)} from ${peer}`;
  const goneText = `lost ${listPrefixes(gone)} from ${peer}: ${cause}`;
  return [
    ...(gone.length === 0 ? [] : [{ kind: 'routesGone', peer, prefixes: gone, text: goneText } as const]),
    ...(learnt.length === 0 ? [] : [{ kind: 'routesLearnt', peer, prefixes: learnt, text: learntText } as const]),
  ];
}

/** The event for UPDATEs with faults that the session survived (RFC 7606); undefined where there are none. */
export function describeFaults(peer: string, updates: readonly DecodedUpdate[]): SpeakerEvent | undefined {
  const count = (severity: DecodedUpdate['severity']): number =>
    updates.filter((update) => update.severity === severity).length;
  const [attributeDiscard, treatAsWithdraw] = [count('attribute-discard'), count('treat-as-withdraw')];
  const first = updates.find((update) => update.severity !== 'none');
  if (first === undefined) return undefined;
  const what = first.severity === 'treat-as-withdraw' ? 'its routes count as withdrawn' : 'the attribute is dropped';
  const reason = first.faults.find((fault) => fault.severity === first.severity)?.reason ?? '';
  const restCount = attributeDiscard + treatAsWithdraw - 1;
  const rest = restCount > 0 ? `, and ${restCount} more with faults` : '';
  const text = `UPDATE of ${peer} is faulty, ${what}: ${reason}${rest}`;
  return { kind: 'updateFaults', peer, attributeDiscard, treatAsWithdraw, text };
}

function listPrefixes(prefixes: readonly string[]): string {
  const [first = ''] = prefixes;
  if (prefixes.length === 1) return first;
  const listed = prefixes.slice(0, maxListedPrefixes).join(', ');
  const restCount = prefixes.length - maxListedPrefixes;
  return restCount > 0 ? `${listed} and ${restCount} more` : listed;
}
