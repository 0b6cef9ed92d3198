import assert from 'node:assert/strict';
import test from 'node:test';
import pino from 'pino';
import type { BfdEvent, BfdSpeaker } from 'bgp-ts';
import { BfdSessions } from './bfd-sessions.ts';

test('neither a bug in a BFD session nor the end of its worker is a failure of the neighbor, and both are told', () => {
  const failed: string[] = [];
  const logged: string[] = [];
  const events: ((event: BfdEvent) => void)[] = [];
  const speaker: BfdSpeaker = {
    addSession: ({ name = '' }) => ({ ok: true, value: name }),
    removeSession: () => true,
    snapshot: () => Promise.resolve([]),
    stop: () => Promise.resolve(),
  };
  const bfd = new BfdSessions({
    log: pino({ level: 'error' }, { write: (line) => logged.push(line) }),
    create: ({ onEvent }) => {
      events.push(onEvent);
      return speaker;
    },
    onUp: () => undefined,
    onFailed: (name) => failed.push(name),
  });
  bfd.add('rt1', { address: '192.0.2.1' });
  const tell = (event: BfdEvent): void => events.at(-1)?.(event);
  const goes = (state: 'up' | 'down' | 'adminDown', previous: 'up' | 'down'): void =>
    tell({ kind: 'bfdState', session: 'rt1', state, previous, isPeerAdminDown: false, reason: '', text: '' });
  goes('up', 'down');
  tell({ kind: 'fault', session: 'rt1', error: 'broken', stack: 'at engine', text: 'a bug' });
  goes('adminDown', 'up');
  assert.equal(bfd.isUp('rt1'), false);
  goes('up', 'down');
  tell({ kind: 'ended', text: 'the worker ended' });
  assert.deepEqual(failed, []);
  assert.equal(logged.length, 2);
  assert.match(logged[0] ?? '', /"event":"bfd\.fault","peer":"rt1","stack":"at engine","msg":"a bug"/);
  assert.match(logged[1] ?? '', /"event":"bfd\.ended","msg":"the worker ended"/);
  void bfd.stop({ isSilent: true });
});
