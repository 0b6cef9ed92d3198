/** RFC 2181: RRsets and their TTLs, what is authoritative, truncation, names of any octets. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { ask, problemsOf, reply, serve, tcp } from './serving.ts';

const base =
  'example. 300 SOA ns.example. admin.example. 1 7200 600 86400 60\nexample. 300 NS ns.example.\nns.example. 300 A 192.0.2.53\n';

test('RFC 2181 §5: equal records of a set are one record', () => {
  const server = serve(
    `${base}www.example. 300 A 192.0.2.1\nWWW.example. 300 A 192.0.2.1\nwww.example. 300 A 192.0.2.2`,
  );
  assert.equal(ask(server, 'www.example. A').answers.length, 2);
});

test('RFC 2181 §5.2: the TTLs of a set are one, the lowest that was written, and the zone is warned of', () => {
  const text = `${base}www.example. 300 A 192.0.2.1\nwww.example. 60 A 192.0.2.2\nwww.example. 900 TXT "other set"`;
  const server = serve(text);
  assert.deepEqual(reply(server, 'www.example. A'), [
    'NOERROR aa',
    'answer: www.example. 60 IN A 192.0.2.1',
    'answer: www.example. 60 IN A 192.0.2.2',
  ]);
  assert.deepEqual(reply(server, 'www.example. TXT')[1], 'answer: www.example. 900 IN TXT "other set"');
  assert.match(problemsOf(text).join('\n'), /TTL/);
});

test('RFC 2181 §6.1: NS and addresses at a cut are not answered with authority', () => {
  const server = serve(`${base}sub.example. 300 NS ns.sub.example.\nns.sub.example. 300 A 192.0.2.54`);
  for (const question of ['sub.example. NS', 'ns.sub.example. A']) {
    const { flags, answers } = ask(server, question);
    assert.deepEqual([flags & 0x0400, answers.length], [0, 0], question);
  }
});

test('RFC 2181 §8: a TTL is from 0 to 2147483647; a larger one is refused when the zone is read', () => {
  const server = serve(`${base}zero.example. 0 A 192.0.2.1\nlong.example. 2147483647 A 192.0.2.1`);
  assert.equal(ask(server, 'zero.example. A').answers[0]?.ttlSeconds, 0);
  assert.equal(ask(server, 'long.example. A').answers[0]?.ttlSeconds, 2_147_483_647);
  assert.match(problemsOf(`${base}over.example. 2147483648 A 192.0.2.1`).join('\n'), /2147483648/);
});

const many = (owner: string): string =>
  Array.from({ length: 40 }, (_, index) => `${owner} 300 A 192.0.2.${index}`).join('\n');

test('RFC 2181 §9: TC is set where a needed set does not fit, and no part of the set is sent', () => {
  const { flags, answers } = ask(serve(`${base}${many('many.example.')}`), 'many.example. A');
  assert.deepEqual([flags & 0x0200, answers.length], [0x0200, 0]);
});

test('RFC 2181 §9: what was found before the set that does not fit is not sent either', () => {
  const server = serve(`${base}alias.example. 300 CNAME many.example.\n${many('many.example.')}`);
  const { flags, answers } = ask(server, 'alias.example. A');
  assert.deepEqual([flags, answers.length], [0x8600, 0]);
});

test('RFC 2181 §9: TC is not set where only additional records did not fit', () => {
  const server = serve(`${base}mail.example. 300 MX 10 many.example.\n${many('many.example.')}`, { isMinimal: false });
  const small = ask(server, 'mail.example. MX');
  assert.deepEqual([small.flags & 0x0200, small.answers.length], [0, 1]);
  assert.equal(small.additionals.filter(({ ttlSeconds }) => ttlSeconds === 300).length, 1, 'only ns.example. fits');
  assert.equal(ask(server, 'mail.example. MX', {}, tcp).additionals.length, 41);
});

test('RFC 2181 §10.1: a name has one CNAME', () => {
  const text = `${base}a.example. 300 CNAME b.example.\na.example. 300 CNAME c.example.`;
  assert.match(problemsOf(text).join('\n'), /a second CNAME at a\.example\./);
});

test('RFC 2181 §10.2: an address may have several PTR records', () => {
  const server = serve(`${base}1.example. 300 PTR a.test.\n1.example. 300 PTR b.test.`);
  assert.equal(ask(server, '1.example. PTR').answers.length, 2);
});

test('RFC 2181 §10.3: an NS that names an alias is refused, and an MX warned of', () => {
  const text = `${base}a.example. 300 CNAME ns.example.\nexample. 300 NS a.example.\nexample. 300 MX 1 a.example.`;
  const problems = problemsOf(text).join('\n');
  assert.match(problems, /error: name server a\.example\. is an alias/);
  assert.match(problems, /warning: mail server a\.example\. is an alias/);
});

test('RFC 2181 §11: labels are any octets', () => {
  const server = serve(`${base}\\000\\255\\.\\032\\@.example. 300 A 192.0.2.1`);
  assert.deepEqual(ask(server, '\\000\\255\\.\\032\\@.example. A').answers[0]?.rdata, Uint8Array.of(192, 0, 2, 1));
  assert.deepEqual(reply(server, '\\000\\254\\.\\032\\@.example. A')[0], 'NXDOMAIN aa');
});
