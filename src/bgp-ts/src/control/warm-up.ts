/** A line's way through the language and the engine, for speaker/warm-up.ts. */
import type { Speaker } from '../speaker/speaker.ts';
import { CommandReader } from './command.ts';
import { carryOut } from './execute.ts';

/** How many times lines are said by one reader, which remembers them, before another begins. */
const saidByOne = 8;

/** What announces or withdraws as a line of the control socket does, said for the first time or again. */
export function lineSayer(): (speaker: Speaker, isAnnounced: boolean) => void {
  let reader = new CommandReader();
  let said = 0;
  return (speaker, isAnnounced) => {
    if (said++ % saidByOne === 0) reader = new CommandReader();
    const command = reader.read(isAnnounced ? 'announce 192.0.2.0/24 next-hop self' : 'withdraw 192.0.2.0/24');
    if (command?.ok === true) void carryOut(speaker, command.value);
  };
}
