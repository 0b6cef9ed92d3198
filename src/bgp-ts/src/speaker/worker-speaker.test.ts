import assert from 'node:assert/strict';
import test from 'node:test';
import { Worker } from 'node:worker_threads';
import { WorkerSpeaker } from './worker-speaker.ts';

/** Stands for the worker: tells what came in each message, and ends. */
const echo = `
const { parentPort } = require('node:worker_threads');
parentPort.on('message', (requests) => {
  const text = requests.map(({ kind }) => kind).join(' ');
  parentPort.postMessage({ kind: 'event', event: { kind: 'error', text } });
  if (requests.some(({ kind }) => kind === 'stop')) parentPort.close();
});`;

test('a peer and the routes that are said with it reach the worker in one message, in their order', async () => {
  const texts: string[] = [];
  const speaker = new WorkerSpeaker(new Worker(echo, { eval: true }), ({ text }) => texts.push(text));
  const peer = { name: 'peer', address: '192.0.2.1', peerAsn: 65000, localAsn: 65001, routerId: '192.0.2.10' };
  assert.ok(speaker.addPeer(peer).ok);
  assert.ok(speaker.setDesiredFor('peer', '198.51.100.0/24', { nextHop: 'self' }, 'test').ok);
  assert.ok(speaker.setDesired('203.0.113.0/24', null, 'test').ok);
  speaker.declareComplete();
  await Promise.resolve();
  await speaker.stop({ mode: 'silent' });
  assert.deepEqual(texts, ['addPeer setDesired declareComplete', 'stop']);
});
