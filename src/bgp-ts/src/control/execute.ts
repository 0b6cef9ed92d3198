/** Carries out commands of the control language (command.ts) at a speaker, and says what came of each. */
import type { Result } from '../result.ts';
import { assertNever, refuse, succeed } from '../result.ts';
import type { RouteAttributes } from '../rib/route.ts';
import type { BgpSpeaker } from '../speaker/types.ts';
import type { Command } from './command.ts';
import { parseCommand } from './command.ts';

/** What a line is answered with: the fault is a sentence, without the word `error`. */
export type Answer = Result<string, string>;

/** Carries out a command. All but `listen`, `show` and `stop` are done when this returns. */
export function carryOut(speaker: BgpSpeaker, command: Command): Answer | Promise<Answer> {
  switch (command.kind) {
    case 'announce':
      return answerOf(desire(speaker, command, command.attributes));
    case 'withdraw':
      return answerOf(desire(speaker, command, null));
    case 'common':
      return answerOf(speaker.setDesiredFor(command.peer, command.prefix, undefined, reason));
    case 'peer':
      return answerOf(speaker.addPeer(command.options));
    case 'remove':
      return speaker.removePeer(command.peer) ? done : noPeer(command.peer);
    case 'reset': {
      const isThere = speaker.resetPeer(command.peer, { mode: 'administrative', text: command.text });
      return isThere ? done : noPeer(command.peer);
    }
    case 'complete':
      speaker.declareComplete();
      return done;
    case 'listen':
      return speaker.listen(command.options).then(answerOf);
    case 'show':
      return speaker.snapshot().then((snapshot) => succeed(JSON.stringify(snapshot)));
    case 'stop':
      return speaker.stop({ mode: 'administrative', text: command.text }).then(() => done);
    default:
      return assertNever(command);
  }
}

const done: Answer = succeed('ok');

/** What events and snapshots give as the reason of a route. */
const reason = 'said on the control socket';

function desire(
  speaker: BgpSpeaker,
  { prefix, peer }: { readonly prefix: string; readonly peer: string | undefined },
  attributes: RouteAttributes | null,
): Result<void, string> {
  return peer === undefined
    ? speaker.setDesired(prefix, attributes, reason)
    : speaker.setDesiredFor(peer, prefix, attributes, reason);
}

function answerOf(result: Result<unknown, string>): Answer {
  return result.ok ? done : result;
}

function noPeer(name: string): Answer {
  return refuse(`there is no peer "${name}"`);
}

/** Carries out the lines of a file; the first that fails ends it, and is returned as `LINE: SENTENCE`. */
export async function runLines(speaker: BgpSpeaker, text: string): Promise<Result<void, string>> {
  for (const [index, line] of text.split('\n').entries()) {
    const command = parseCommand(line);
    if (command === undefined) continue;
    const answer = command.ok ? await carryOut(speaker, command.value) : command;
    if (!answer.ok) return refuse(`${index + 1}: ${answer.fault}`);
  }
  return succeed(undefined);
}
