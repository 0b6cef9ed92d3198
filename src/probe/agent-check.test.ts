import assert from 'node:assert/strict';
import net from 'node:net';
import test from 'node:test';
import { readAgentLine } from './agent-check.ts';
import { checkOf, listen, run } from './checks.fixture.ts';

test('an agent says how it is in one line (HAProxy, agent-check)', () => {
  const rows: [line: string, passed: boolean, reason: string, weight?: number][] = [
    ['up 75%\n', true, 'the agent says up 75%', 75],
    ['ready,up\n', true, 'the agent says ready,up'],
    ['weight:50% maxconn:30\r\n', true, 'the agent says weight:50% maxconn:30', 50],
    ['100%', true, 'the agent says 100%', 100],
    ['maxconn:30\n', true, 'the agent says maxconn:30'],
    ['UP\n', true, 'the agent says UP'],
    ['up drain\n', false, 'the agent says drain'],
    ['maint\n', false, 'the agent says maint'],
    ['down#disk is full\n', false, 'the agent says down: disk is full'],
    ['fail 80%\n', false, 'the agent says fail'],
    ['stopped\n', false, 'the agent says stopped'],
    ['HTTP/1.1 400 Bad Request\n', false, "x:1 did not answer as an agent: 'HTTP/1.1 400 Bad Request'"],
    ['\n', false, "x:1 did not answer as an agent: ''"],
  ];
  for (const [line, passed, reason, weight] of rows) {
    const expected = weight === undefined ? { passed, reason } : { passed, reason, weight };
    assert.deepEqual(readAgentLine(line, 'x:1'), expected, line);
  }
});

test('the line may come in pieces, with or without its end; silence is no answer', async (context) => {
  const agent = (talk: (socket: net.Socket) => void): Promise<number> =>
    listen(
      context,
      net.createServer((socket) => {
        socket.on('error', () => undefined);
        talk(socket);
      }),
    );
  const pieces = await agent((socket) => {
    socket.write('up 7');
    setImmediate(() => socket.write('5%\n'));
  });
  assert.deepEqual(await run(checkOf({ kind: 'agentCheck' }, pieces)), {
    passed: true,
    reason: 'the agent says up 75%',
    weight: 75,
  });
  const closing = await agent((socket) => socket.end('drain'));
  assert.equal((await run(checkOf({ kind: 'agentCheck' }, closing))).reason, 'the agent says drain');
  const mute = await agent((socket) => socket.end());
  assert.match((await run(checkOf({ kind: 'agentCheck' }, mute))).reason, /closed the connection without an answer/);
  const endless = await agent((socket) => socket.write('x'.repeat(5000)));
  assert.match((await run(checkOf({ kind: 'agentCheck' }, endless))).reason, /did not answer as an agent/);
});
