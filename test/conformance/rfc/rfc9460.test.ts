/** RFC 9460: SVCB and HTTPS as an authoritative server has them. Their text form is tested beside wire/rdata.ts. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { exchange, nameOf, problemsOf, query, reply, serve, tcp } from './serving.ts';

const base = 'example. 300 SOA ns.test. admin.test. 1 7200 600 86400 60\nexample. 300 NS ns.test.\n';
const text = `${base}
example. 300 HTTPS 0 pool.example.
pool.example. 300 HTTPS 1 h3.pool.example. alpn=h3
pool.example. 300 HTTPS 2 . alpn=h2
pool.example. 300 A 192.0.2.1
h3.pool.example. 300 A 192.0.2.2
h3.pool.example. 300 AAAA 2001:db8::2
none.example. 300 HTTPS 0 .
none.example. 300 A 192.0.2.4
away.example. 300 SVCB 1 svc.elsewhere.
here.example. 300 SVCB 1 .
here.example. 300 A 192.0.2.3
ring.example. 300 SVCB 0 rong.example.
rong.example. 300 SVCB 0 ring.example.
sub.example. 300 NS ns.sub.example.
ns.sub.example. 300 A 192.0.2.54
below.example. 300 SVCB 1 ns.sub.example.
`;
const server = serve(text, { isMinimal: false });

/** The additional section of the reply, without what belongs to name servers. */
function additional(question: string): readonly string[] {
  return reply(server, question, {}, tcp)
    .filter((line) => line.startsWith('additional: '))
    .map((line) => line.slice('additional: '.length));
}

test('RFC 9460 §4.1: the addresses of targets in the zone come along', () => {
  assert.deepEqual(additional('pool.example. HTTPS'), [
    'h3.pool.example. 300 IN A 192.0.2.2',
    'h3.pool.example. 300 IN AAAA 2001:db8::2',
    'pool.example. 300 IN A 192.0.2.1',
  ]);
});

test('RFC 9460 §4.1: after an alias its records come along, and the addresses of what they name', () => {
  const lines = additional('example. HTTPS');
  assert.deepEqual(lines.slice(0, 2), [
    'pool.example. 300 IN HTTPS 1 h3.pool.example. alpn="h3"',
    'pool.example. 300 IN HTTPS 2 . alpn="h2"',
  ]);
  assert.deepEqual([...lines.slice(2)].sort(), [
    'h3.pool.example. 300 IN A 192.0.2.2',
    'h3.pool.example. 300 IN AAAA 2001:db8::2',
    'pool.example. 300 IN A 192.0.2.1',
  ]);
});

test('RFC 9460 §2.5.2: in ServiceMode a target of "." is the owner itself', () => {
  assert.deepEqual(additional('here.example. SVCB'), ['here.example. 300 IN A 192.0.2.3']);
});

test('RFC 9460 §2.5.1: in AliasMode a target of "." says that there is no service, and names nothing', () => {
  assert.deepEqual(reply(server, 'none.example. HTTPS')[1], 'answer: none.example. 300 IN HTTPS 0 .');
  assert.deepEqual(additional('none.example. HTTPS'), []);
});

test('RFC 9460 §4.1: a target outside the zone has nothing added', () => {
  assert.deepEqual(additional('away.example. SVCB'), []);
});

test('RFC 9460 §2.4.2: aliases in a circle end', () => {
  assert.deepEqual(additional('ring.example. SVCB'), ['rong.example. 300 IN SVCB 0 ring.example.']);
});

test('RFC 9460 §2.2: the target is not compressed', () => {
  const bytes = exchange(server, query('pool.example. HTTPS'), tcp);
  assert.ok(Buffer.from(bytes).includes(Buffer.from(nameOf('h3.pool.example.'))));
});

test('RFC 9460 §2.4.2: AliasMode is no alias for other types, nor for its own in the answer', () => {
  assert.deepEqual(reply(server, 'example. HTTPS')[1], 'answer: example. 300 IN HTTPS 0 pool.example.');
  const lines = reply(serve(text), 'example. A');
  assert.deepEqual(lines, ['NOERROR aa', 'authority: example. 60 IN SOA ns.test. admin.test. 1 7200 600 86400 60']);
});

test('RFC 9460 §2.2: parameters go out in the order of their keys, whatever the order in the file', () => {
  const from = serve(`${base}a.example. 300 SVCB 1 . port=8443 alpn=h2 mandatory=port`);
  const asked = query('a.example. SVCB');
  const data = Buffer.from(exchange(from, asked).subarray(asked.length + 12)).toString('hex');
  assert.equal(data, '0001' + '00' + '000000020003' + '00010003026832' + '0003000220fb');
});

test('RFC 9460 §2.2, §8: a key twice, or a mandatory one that is missing, is refused when the zone is read', () => {
  assert.match(problemsOf(`${base}a.example. 300 SVCB 1 . port=1 port=2`).join('\n'), /port is given twice/);
  assert.match(problemsOf(`${base}a.example. 300 SVCB 1 . mandatory=alpn`).join('\n'), /alpn, which is missing/);
  assert.match(problemsOf(`${base}a.example. 300 SVCB 1 . no-default-alpn`).join('\n'), /alpn, which is missing/);
});
