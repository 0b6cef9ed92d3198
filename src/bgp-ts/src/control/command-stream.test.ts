/** What comes of a connection's octets, in whatever pieces they come, and what is remembered of its lines. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Result } from '../result.ts';
import type { Command } from './command.ts';
import { parseCommand } from './command.ts';
import { CommandReader, CommandStream } from './command-stream.ts';

type Read = Result<Command, string>;

function readAll(stream: CommandStream): readonly Read[] {
  const commands: Read[] = [];
  for (let command = stream.next(); command !== undefined; command = stream.next()) commands.push(command);
  return commands;
}

function meant(lines: readonly string[]): readonly Read[] {
  return lines.map(parseCommand).filter((command) => command !== undefined);
}

const routes = Array.from({ length: 200 }, (_, index) => `192.0.2.${index}/32`);

/** More different ones than are remembered, so that some take each other's place. */
const anyLine = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...routes.map((prefix) => `announce ${prefix} next-hop self`)) },
  { weight: 4, arbitrary: fc.constantFrom(...routes.map((prefix) => `withdraw ${prefix}`)) },
  fc.constantFrom(
    '',
    '# nothing',
    'withdraw',
    'announce 192.0.2.1/32 next-hop',
    'reset r1 à la carte',
    'show',
    'shows',
  ),
  fc.constant(`withdraw 192.0.2.1/32${' '.repeat(300)}`),
);

test('lines mean the same in whatever pieces they come, and however often they were said', () => {
  const cuts = fc.array(fc.nat({ max: 100 }), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(fc.array(anyLine, { maxLength: 300 }), cuts, (lines, sizes) => {
      const stream = new CommandStream(new CommandReader());
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
      const read: Read[] = [];
      for (let start = 0, piece = 0; start < bytes.length; piece++) {
        const end = start + 1 + (sizes[piece % sizes.length] ?? 0);
        assert.equal(stream.push(bytes.subarray(start, end)), true);
        // Sometimes more is read before what came is carried out.
        if (piece % 3 !== 0) read.push(...readAll(stream));
        start = end;
      }
      assert.deepEqual([...read, ...readAll(stream)], meant(lines));
    }),
    { numRuns: 100 },
  );
});

test('a line of a route that is said again is the same command, on any connection, and others are made anew', () => {
  const reader = new CommandReader();
  const say = (line: string): Read | undefined => {
    const stream = new CommandStream(reader);
    stream.push(Buffer.from(`${line}\n`));
    return stream.next();
  };
  for (const line of ['announce 192.0.2.0/24 next-hop self', 'withdraw 192.0.2.0/24']) {
    const first = say(line);
    assert.equal(say(line), first);
    assert.deepEqual(say(`${line} `), first);
    assert.notEqual(say(`${line} `), first);
    const long = `${line}${' '.repeat(256)}`;
    assert.notEqual(say(long), say(long));
  }
  assert.notEqual(say('show'), say('show'));
  assert.notEqual(say('withdraw'), say('withdraw'));
});

test('lines of the same length that are hashed alike are not taken for each other', () => {
  const stream = new CommandStream(new CommandReader());
  // In a hash of base 31, "Aa" and "BB" are the same.
  const lines = ['withdraw 192.0.2.0/24 to Aa', 'withdraw 192.0.2.0/24 to BB', 'withdraw 192.0.2.0/24 to Aa'];
  stream.push(Buffer.from(`${lines.join('\n')}\n`));
  assert.deepEqual(readAll(stream), meant(lines));
});

test('a line that is cut in the middle of a letter is read whole', () => {
  const stream = new CommandStream(new CommandReader());
  const bytes = Buffer.from('stop für heute\n');
  const middle = bytes.indexOf('ü') + 1;
  assert.equal(stream.push(bytes.subarray(0, middle)), true);
  assert.equal(stream.next(), undefined);
  assert.equal(stream.push(bytes.subarray(middle)), true);
  assert.deepEqual(readAll(stream), meant(['stop für heute']));
});

test('a line that has no end within 65,536 octets is refused with the next one, in one piece or in many', () => {
  const line = Buffer.alloc(65_536, 'x');
  for (const pieces of [[line], [line.subarray(0, 9), line.subarray(9)]]) {
    const stream = new CommandStream(new CommandReader());
    assert.equal(stream.push(Buffer.from('show\n')), true);
    for (const piece of pieces) assert.equal(stream.push(piece), true);
    assert.deepEqual(readAll(stream), meant(['show']));
    assert.equal(stream.push(Buffer.from('x')), false);
  }
});

test('many lines together may have more than that', () => {
  const stream = new CommandStream(new CommandReader());
  const lines = Array.from({ length: 4000 }, () => 'withdraw 192.0.2.0/24');
  assert.equal(stream.push(Buffer.from(`${lines.join('\n')}\n`)), true);
  assert.deepEqual(readAll(stream), meant(lines));
});
