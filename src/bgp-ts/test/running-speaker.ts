/** A speaker that a test starts, with the log of what it tells; it stops with its test, however that ends. */
import type { BgpSpeaker, SpeakerEvent } from '../src/index.ts';
import { Speaker } from '../src/index.ts';
import { EventLog } from './wait.ts';

/** The speaker; dispose of it to stop it without a word to its peers. */
export interface RunningSpeaker<Made extends BgpSpeaker> extends AsyncDisposable {
  readonly speaker: Made;
  readonly log: EventLog<SpeakerEvent>;
}

/** Starts the speaker that `make` gives. */
export function startSpeakerBy<Made extends BgpSpeaker>(
  make: (onEvent: (event: SpeakerEvent) => void) => Made,
): RunningSpeaker<Made> {
  const log = new EventLog<SpeakerEvent>();
  const speaker = make(log.add);
  return { speaker, log, [Symbol.asyncDispose]: () => speaker.stop({ mode: 'silent' }) };
}

/** Starts a speaker in this thread. */
export function startSpeaker(): RunningSpeaker<Speaker> {
  return startSpeakerBy((onEvent) => new Speaker({ onEvent }));
}
