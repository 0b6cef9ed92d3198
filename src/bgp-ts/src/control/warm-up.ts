/** A line's way through the language and the engine, for speaker/warm-up.ts. */
import type { Speaker } from '../speaker/speaker.ts';
import { parseCommand } from './command.ts';
import { carryOut } from './execute.ts';

/** Announces or withdraws as a line of the control socket does. */
export function sayLine(speaker: Speaker, isAnnounced: boolean): void {
  const command = parseCommand(isAnnounced ? 'announce 192.0.2.0/24 next-hop self' : 'withdraw 192.0.2.0/24');
  if (command?.ok === true) void carryOut(speaker, command.value);
}
