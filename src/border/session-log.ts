/** What a speaker tells of its sessions, in the log: at which level, and what of it is news. Decides nothing. */
import type { SpeakerEvent } from 'bgp-ts';
import type { Logger } from 'pino';

/** Writes one event down; `stack` stands beside a bug of the speaker itself. */
export function logSpeakerEvent(log: Logger, event: SpeakerEvent): void {
  const fields = { event: `bgp.${event.kind}`, ...('peer' in event ? { peer: event.peer } : {}) };
  switch (event.kind) {
    case 'fault':
      log.error({ ...fields, stack: event.stack }, event.text);
      return;
    case 'error':
    case 'ended':
    case 'routeRefused':
      log.error(fields, event.text);
      return;
    case 'notification':
    case 'eventsLost':
      log.warn(fields, event.text);
      return;
    case 'sessionState':
      log[isNews(event) ? 'info' : 'debug'](fields, event.text);
      return;
    default:
      log.info(fields, event.text);
  }
}

/** Only reaching and losing Established is news; the steps between are for debugging. */
function isNews(event: Extract<SpeakerEvent, { kind: 'sessionState' }>): boolean {
  return event.state === 'established' || event.previous === 'established';
}
