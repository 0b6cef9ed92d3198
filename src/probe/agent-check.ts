/**
 * Asks a server of HAProxy's agent-check how it is: connect, read one line (HAProxy configuration manual, `agent-check`).
 *
 * `drain` and `maint` fail the check, since both mean no new clients. Other than in HAProxy, where another check decides
 * then, an agent that cannot be reached fails too.
 */
import net from 'node:net';
import { formatHostPort } from '#base/ip.ts';
import { connectOptions } from './connect.ts';
import type { Outcome, StartRun } from './outcome.ts';
import { closedWithoutAnswer, failedBy } from './probe-error.ts';

const maxLineBytes = 1024;

export const runAgentCheck: StartRun = (check, done) => {
  const target = formatHostPort(check.address, check.port);
  const socket = net.connect(connectOptions(check));
  let text = '';
  let isOver = false;
  const end = (outcome: Outcome): void => {
    if (isOver) return;
    isOver = true;
    socket.destroy();
    done(outcome);
  };
  socket.setEncoding('latin1');
  socket.on('data', (more: string) => {
    text += more;
    if (text.includes('\n') || text.length > maxLineBytes) end(readAgentLine(text, target));
  });
  socket.on('error', (error) => {
    end(failedBy(error, check));
  });
  socket.on('close', () => {
    end(text === '' ? { passed: false, reason: closedWithoutAnswer(check) } : readAgentLine(text, target));
  });
  return () => {
    isOver = true;
    socket.destroy();
  };
};

/** Reads a reply such as `up 75%`, `drain` or `down#disk is full`; the weight is a percentage. */
export function readAgentLine(text: string, target: string): Outcome {
  const [line = ''] = text.slice(0, maxLineBytes).split(/[\r\n]/);
  const [, said = '', why] = /^([^#]*)(?:#(.*))?$/.exec(line) ?? [];
  const words = said.toLowerCase().split(/[ \t,]+/);
  const shown = printable(line.trim());
  const failing = words.find((word) => /^(?:down|fail(?:ed)?|stopped|drain|maint)$/.test(word));
  if (failing !== undefined) {
    return {
      passed: false,
      reason: `the agent says ${failing}${why === undefined ? '' : `: ${printable(why.trim())}`}`,
    };
  }
  const weight = words.map(weightOf).find((value) => value !== undefined);
  if (weight === undefined && !words.some((word) => word === 'up' || word === 'ready' || word.startsWith('maxconn:'))) {
    return { passed: false, reason: `${target} did not answer as an agent: '${shown}'` };
  }
  const reason = `the agent says ${shown}`;
  return weight === undefined ? { passed: true, reason } : { passed: true, reason, weight };
}

function weightOf(word: string): number | undefined {
  const digits = /^(?:(\d{1,5})%|weight:(\d{1,5})%?)$/.exec(word);
  const weight = digits === null ? undefined : Number(digits[1] ?? digits[2]);
  return weight === undefined || weight > 65_535 ? undefined : weight;
}

function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 100);
}
