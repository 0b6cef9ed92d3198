/** RFC 4343: upper and lower case of ASCII letters are the same in names, and are kept. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { ask, exchange, nameOf, query, reply, serve } from './serving.ts';

const server = serve(`
Example. 300 SOA NS.Example. Admin.example. 1 7200 600 86400 60
example. 300 NS NS.Example.
ns.example. 300 A 192.0.2.53
wWw.eXample. 300 A 192.0.2.1
www.Example. 300 A 192.0.2.2
alias.example. 300 CNAME WWW.EXAMPLE.
*.Wild.example. 300 TXT "wild"
sub.example. 300 NS Ns.Sub.Example.
nS.sUB.example. 300 A 192.0.2.54
old.example. 300 DNAME New.example.
x.neW.example. 300 A 192.0.2.3
a[.example. 300 A 192.0.2.4
\\192.example. 300 A 192.0.2.5
`);

test('RFC 4343 §3: names match in any case, wherever they stand', () => {
  const rows: [question: string, data: string][] = [
    ['www.example. A', '192.0.2.1'],
    ['WWW.EXAMPLE. A', '192.0.2.1'],
    ['ALIAS.example. A', '192.0.2.1'],
    ['any.WILD.example. TXT', '"wild"'],
    ['X.OLD.example. A', '192.0.2.3'],
    ['q.SUB.example. A', '192.0.2.54'],
  ];
  for (const [question, data] of rows) {
    const lines = reply(server, question);
    assert.ok(
      lines.some((line) => line.endsWith(` ${data}`)),
      `${question}: ${lines.join(' | ')}`,
    );
  }
});

test('RFC 4343 §3: records whose owners differ in case only are one set', () => {
  assert.equal(ask(server, 'www.example. A').answers.length, 2);
});

test('RFC 4343 §3: nothing but ASCII letters has another case', () => {
  // 0x5b and 0x7b differ in the bit that tells letters apart; 192 and 224 do in ISO 8859-1.
  assert.equal(ask(server, 'A[.example. A').answers.length, 1);
  assert.deepEqual(reply(server, 'a{.example. A')[0], 'NXDOMAIN aa');
  assert.equal(ask(server, '\\192.example. A').answers.length, 1);
  assert.deepEqual(reply(server, '\\224.example. A')[0], 'NXDOMAIN aa');
});

test('RFC 4343 §4.1: the question is repeated in its own case', () => {
  const asked = query('wwW.ExamplE. A');
  assert.deepEqual(exchange(server, asked).subarray(12, asked.length), asked.subarray(12));
});

test('RFC 4343 §4.1: names in data keep the case of the zone', () => {
  assert.deepEqual(ask(server, 'example. NS').answers[0]?.rdata, nameOf('NS.Example.'));
  assert.deepEqual(ask(server, 'alias.example. CNAME').answers[0]?.rdata, nameOf('WWW.EXAMPLE.'));
  assert.deepEqual(ask(server, 'EXAMPLE. SOA').answers[0]?.rdata.subarray(0, 12), nameOf('NS.Example.'));
  const negative = ask(server, 'nowhere.EXAMPLE. A').authorities[0]?.rdata ?? new Uint8Array();
  assert.deepEqual(negative.subarray(0, 12), nameOf('NS.Example.'));
  assert.deepEqual(negative.subarray(12, 27), nameOf('Admin.example.'));
});
