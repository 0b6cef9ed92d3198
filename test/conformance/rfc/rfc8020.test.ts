/** RFC 8020: a name error says that nothing is below the name, so that it is given only where that is true. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { ask, serve } from './serving.ts';

const server = serve(`
example. 300 SOA ns.test. a.test. 1 7200 600 86400 60
example. 300 NS ns.test.
a.b.c.example. 300 TXT "deep"
*.d.e.example. 300 TXT "wild"
f.example. 300 LUA A address
x.f.example. 300 NS ns.test.
y.g.example. 300 NS ns.test.
`);

test('RFC 8020 §2: no name that has something below it is a name error', () => {
  const names = ['c.example.', 'b.c.example.', 'e.example.', 'd.e.example.', 'f.example.', 'g.example.'];
  for (const name of names) assert.equal(ask(server, `${name} MX`).rcode, 0, name);
});

test('RFC 8020 §2: below a name error everything is one', () => {
  for (const name of [
    'z.example.',
    'y.z.example.',
    'x.y.z.example.',
    'z.c.example.',
    'z.z.c.example.',
    'z.e.example.',
  ]) {
    assert.equal(ask(server, `${name} MX`).rcode, 3, name);
  }
});
