import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventRelay, eventWeight, relayWindow } from './event-relay.ts';
import type { SpeakerEvent } from './types.ts';

function state(peer: string, reason: string): SpeakerEvent {
  return { kind: 'sessionState', peer, state: 'idle', previous: 'connect', reason, text: `${peer}: ${reason}` };
}

function refused(index: number): SpeakerEvent {
  return { kind: 'error', text: `error ${index}` };
}

/** A relay, and the texts that came out of it. */
function bench(): { readonly relay: EventRelay; readonly texts: string[]; readonly fill: () => void } {
  const texts: string[] = [];
  const relay = new EventRelay((event) => void texts.push(event.text));
  const fill = (): void => {
    for (let index = 0; index < relayWindow.weight; index++) relay.tell(refused(index));
    texts.length = 0;
  };
  return { relay, texts, fill };
}

void test('events go at once while they are seen', () => {
  const { relay, texts } = bench();
  for (let index = 0; index < 10_000; index++) {
    relay.tell(refused(index));
    assert.equal(texts.at(-1), `error ${index}`);
    relay.seen(1);
  }
});

void test('what nobody sees is bounded, and how much was lost of which kind is told before the rest', () => {
  const { relay, texts, fill } = bench();
  fill();
  for (let index = 0; index < 100_000; index++) relay.tell(refused(index));
  for (let index = 0; index < 200; index++) relay.tell(state('a', `change ${index}`));
  relay.tell(state('b', 'up'));
  assert.equal(texts.length, 0);
  relay.seen(relayWindow.weight);
  assert.equal(texts[0], 'events were lost, since they were not taken in time: 99872 error, 72 sessionState');
  assert.deepEqual(
    texts.slice(1, 129),
    Array.from({ length: 128 }, (_, index) => `error ${99_872 + index}`),
  );
  assert.deepEqual(texts.slice(-2), ['a: change 199', 'b: up']);
  assert.equal(texts.length, 1 + 128 + 128 + 1);
  relay.tell(refused(7));
  assert.equal(texts.at(-1), 'error 7');
});

void test('the state that each peer is in now is told whatever was lost', () => {
  const { relay, texts, fill } = bench();
  fill();
  for (let round = 0; round < 200; round++) {
    for (let peer = 0; peer < 50; peer++) relay.tell(state(`peer ${peer}`, `round ${round}`));
  }
  while (texts.length < 1 + 50 * 128) relay.seen(100);
  for (let peer = 0; peer < 50; peer++) {
    assert.equal(
      texts.findLast((text) => text.startsWith(`peer ${peer}:`)),
      `peer ${peer}: round 199`,
    );
  }
});

void test('what waits goes out in order, piece by piece, as it is seen', () => {
  const { relay, texts, fill } = bench();
  fill();
  for (let index = 0; index < 20; index++) relay.tell(refused(index));
  for (let index = 0; index < 20; index++) {
    relay.seen(1);
    assert.equal(texts.length, index + 1);
  }
  assert.deepEqual(
    texts,
    Array.from({ length: 20 }, (_, index) => `error ${index}`),
  );
});

void test('an event of many prefixes weighs more', () => {
  const announced = Array.from({ length: 640 }, (_, index) => `10.0.${index >> 8}.${index & 255}/32`);
  assert.equal(eventWeight({ kind: 'updateSent', peer: 'a', announced, withdrawn: [], text: '' }), 11);
  assert.equal(eventWeight(refused(1)), 1);
});
