/** RFC 4892: which server this is, asked in class CH. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { ask, exchange, octets, query, serve } from './serving.ts';

const text = 'example. 300 SOA ns.test. a.test. 1 7200 600 86400 60\nexample. 300 NS ns.test.\n';
const server = serve(text, { chaos: { idServer: 'fra1', version: 'fairlead' } });
const chaos = { class: 3 };

test('RFC 4892 §2: id.server TXT in class CH gives the identifier, in that class and with TTL 0', () => {
  const asked = query('id.server. TXT', chaos);
  const bytes = exchange(server, asked);
  assert.equal(Buffer.from(bytes.subarray(2, 12)).toString('hex'), '8400' + '0001000100000000');
  assert.deepEqual(bytes.subarray(asked.length), octets('c00c 0010 0003 00000000 0005 04 66726131'));
});

test('RFC 4892 §2: the older names give the same, in any case', () => {
  const rows: [name: string, data: string][] = [
    ['HOSTNAME.BIND.', '0466726131'],
    ['version.bind.', '08666169726c656164'],
    ['Version.Server.', '08666169726c656164'],
  ];
  for (const [name, data] of rows) {
    const { answers } = ask(server, `${name} TXT`, chaos);
    assert.equal(Buffer.from(answers[0]?.rdata ?? []).toString('hex'), data, name);
  }
});

test('RFC 4892 §2: other names and types of class CH are refused', () => {
  for (const question of ['id.server. A', 'a.id.server. TXT', 'server. TXT', 'example. SOA', 'authors.bind. TXT']) {
    assert.equal(ask(server, question, chaos).rcode, 5, question);
  }
});

test('RFC 4892 §2: id.server is a name like any other in class IN', () => {
  assert.equal(ask(server, 'id.server. TXT').rcode, 5);
});

test('RFC 4892 §3: what an operator does not tell is refused', () => {
  const silent = serve(text, { chaos: {} });
  for (const question of ['id.server. TXT', 'version.bind. TXT']) assert.equal(ask(silent, question, chaos).rcode, 5);
  assert.equal(ask(serve(text), 'id.server. TXT', chaos).rcode, 5);
});
