/** RFC 4035 §3.1.4.1, the one part of DNSSEC that concerns zones without it: which side of a cut answers for DS. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { reply, serve } from './serving.ts';

const parent = `
example. 300 SOA ns.test. admin.test. 1 7200 600 86400 60
example. 300 NS ns.test.
sub.example. 300 NS ns.sub.test.
sub.example. 300 DS 4711 13 2 ${'0'.repeat(64)}
bare.example. 300 NS ns.bare.test.
`;
const child = `
sub.example. 60 SOA ns.sub.test. admin.test. 9 7200 600 86400 30
sub.example. 60 NS ns.sub.test.
`;
const parentSoa = 'authority: example. 60 IN SOA ns.test. admin.test. 1 7200 600 86400 60';
const ds = `answer: sub.example. 300 IN DS 4711 13 2 ${'0'.repeat(64)}`;

test('RFC 4035 §3.1.4.1: the parent answers for DS at its cuts, with authority', () => {
  assert.deepEqual(reply(serve(parent), 'sub.example. DS'), ['NOERROR aa', ds]);
});

test('RFC 4035 §3.1.4.1: where the cut has no DS, the parent says so with its SOA', () => {
  assert.deepEqual(reply(serve(parent), 'bare.example. DS'), ['NOERROR aa', parentSoa]);
});

test('RFC 4035 §3.1.4.1: where both zones are here, the parent answers', () => {
  assert.deepEqual(reply(serve([parent, child]), 'sub.example. DS'), ['NOERROR aa', ds]);
});

test('RFC 4035 §3.1.4.1: where only the child is here, it says that it has none, with its SOA', () => {
  assert.deepEqual(reply(serve(child), 'sub.example. DS'), [
    'NOERROR aa',
    'authority: sub.example. 30 IN SOA ns.sub.test. admin.test. 9 7200 600 86400 30',
  ]);
});

test('RFC 4035 §3.1.4.1: below a cut DS is referred like any type', () => {
  assert.deepEqual(reply(serve(parent), 'x.sub.example. DS'), [
    'NOERROR',
    'authority: sub.example. 300 IN NS ns.sub.test.',
  ]);
});

test('RFC 4035 §3.1.4.1: DS of the uppermost zone here is answered by that zone', () => {
  assert.deepEqual(reply(serve([parent, child]), 'example. DS'), ['NOERROR aa', parentSoa]);
});

test('RFC 4035 §3.1.4.1: the root has no parent and answers for itself', () => {
  const root = '. 300 SOA ns.test. a.test. 1 7200 600 86400 60\n. 300 NS ns.test.\nns.test. 300 A 192.0.2.53';
  assert.deepEqual(reply(serve(root), '. DS'), [
    'NOERROR aa',
    'authority: . 60 IN SOA ns.test. a.test. 1 7200 600 86400 60',
  ]);
});
