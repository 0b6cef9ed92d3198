import assert from 'node:assert/strict';
import test from 'node:test';
import { Worker } from 'node:worker_threads';
import type { SpeakerEvent } from './types.ts';
import { createWorkerSpeaker } from './worker-client.ts';
import { WorkerSpeaker } from './worker-speaker.ts';

/** Stands for the worker: tells what came in each message, and ends. */
const echo = `
const { parentPort } = require('node:worker_threads');
parentPort.on('message', (requests) => {
  const text = requests.map(({ kind }) => kind).join(' ');
  parentPort.postMessage({ kind: 'event', event: { kind: 'error', text } });
  if (requests.some(({ kind }) => kind === 'stop')) parentPort.close();
});`;

test('a peer and the routes that are said with it reach the worker in one message, in their order', async (context) => {
  const texts: string[] = [];
  const speaker = new WorkerSpeaker(new Worker(echo, { eval: true }), ({ text }) => texts.push(text));
  context.after(() => speaker.stop({ mode: 'silent' }));
  const peer = { name: 'peer', address: '192.0.2.1', peerAsn: 65000, localAsn: 65001, routerId: '192.0.2.10' };
  assert.ok(speaker.addPeer(peer).ok);
  assert.ok(speaker.setDesiredFor('peer', '198.51.100.0/24', { nextHop: 'self' }, 'test').ok);
  assert.ok(speaker.setDesired('203.0.113.0/24', null, 'test').ok);
  speaker.declareComplete();
  await Promise.resolve();
  await speaker.stop({ mode: 'silent' });
  assert.deepEqual(texts, ['addPeer setDesired declareComplete', 'stop']);
});

test('a worker goes on telling as long as its events are taken, and what a busy thread missed is counted', async (context) => {
  const rounds = 10_000;
  const events: SpeakerEvent[] = [];
  const all = Promise.withResolvers<undefined>();
  const speaker = createWorkerSpeaker({
    onEvent: (event) => {
      events.push(event);
      if (event.kind === 'sessionState' && event.peer === 'last') all.resolve(undefined);
    },
  });
  context.after(() => speaker.stop({ mode: 'silent' }));
  const add = (name: string, address: string): void => {
    const peer = { name, address, peerAsn: 65000, localAsn: 65001, routerId: '192.0.2.9' };
    assert.ok(speaker.addPeer({ ...peer, connection: 'passive' }).ok);
  };
  // One message, so that all of it happens before the worker hears that anything was seen; each peer comes and goes.
  for (let round = 0; round < rounds; round++) {
    add('first', '192.0.2.1');
    speaker.removePeer('first', { mode: 'silent' });
  }
  add('last', '192.0.2.2');
  await all.promise;
  const states = events.filter((event) => event.kind === 'sessionState' && event.peer === 'first').length;
  const lost = events.flatMap((event) => (event.kind === 'eventsLost' ? [event.counts['sessionState'] ?? 0] : []));
  // Up and down again in each round: what came at once, the latest that were kept, and all others counted.
  assert.deepEqual([states, lost], [8192 + 128, [2 * rounds - 8192 - 128]]);
  // It is not the end: what follows comes at once.
  events.length = 0;
  const { peers } = await speaker.snapshot();
  assert.deepEqual(
    peers.map(({ name }) => name),
    ['last'],
  );
  await speaker.stop({ mode: 'silent' });
  assert.deepEqual(
    events.map(({ text }) => text),
    ['BGP session with last: stopped, closed without a NOTIFICATION'],
  );
});
