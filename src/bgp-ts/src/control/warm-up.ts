/** A line's way through the language and the engine, for speaker/warm-up.ts. */
import type { Speaker } from '../speaker/speaker.ts';
import { CommandReader, CommandStream } from './command-stream.ts';
import { carryOut } from './execute.ts';

/** How many times a line is said, and then known, before it comes with other blanks and is new. */
const timesSaid = 8;
const mostBlanks = 20;

/** What announces or withdraws as a line of the control socket does, said for the first time or again. */
export function lineSayer(): (speaker: Speaker, isAnnounced: boolean) => void {
  const commands = new CommandStream(new CommandReader());
  let lines = withBlanks(0);
  let said = 0;
  return (speaker, isAnnounced) => {
    // The two lines are said by turns.
    if (++said % (2 * timesSaid) === 0) lines = withBlanks(said / (2 * timesSaid));
    commands.push(isAnnounced ? lines.announcement : lines.withdrawal);
    const command = commands.next();
    if (command?.ok === true) void carryOut(speaker, command.value);
  };
}

/** Lines that mean the same for every number, and have other octets than those of the last few hundred numbers. */
function withBlanks(number: number): { readonly announcement: Buffer; readonly withdrawal: Buffer } {
  const before = ' '.repeat(1 + (number % mostBlanks));
  const after = ' '.repeat(Math.floor(number / mostBlanks) % mostBlanks);
  return {
    announcement: Buffer.from(`announce${before}192.0.2.0/24 next-hop self${after}\n`),
    withdrawal: Buffer.from(`withdraw${before}192.0.2.0/24${after}\n`),
  };
}
