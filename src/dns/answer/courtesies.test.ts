import assert from 'node:assert/strict';
import test from 'node:test';
import { formatMessage } from '../wire/message.ts';
import { createAnswerer } from './answerer.ts';
import { ask, generationOf, tcp } from './serving.fixture.ts';

const text = `
$TTL 300
@    SOA ns1 admin 7 3600 600 86400 60
@    NS ns1
@    NS ns.test.
ns1  A 192.0.2.53
ns1  AAAA 2001:db8::53
@    MX 10 mx
@    MX 20 mx
@    MX 30 mx.test.
mx   A 192.0.2.25
_sip._tcp SRV 0 0 5060 sip
_ssh._tcp SRV 0 0 22 .
sip  AAAA 2001:db8::5060
kx   KX 1 mx
afs  AFSDB 1 mx
www  A 192.0.2.1
dyn  LUA A "code"
dynmx MX 10 dyn
web  CNAME www
ptr  PTR www
sub  NS ns1
`;
const servers = ['authority: example.com. 300 IN NS ns1.example.com.', 'authority: example.com. 300 IN NS ns.test.'];
const serverAddresses = [
  'additional: ns1.example.com. 300 IN A 192.0.2.53',
  'additional: ns1.example.com. 300 IN AAAA 2001:db8::53',
];
const generous = createAnswerer(generationOf(text), { isMinimal: false });
const minimal = createAnswerer(generationOf(text));

function extras(question: string, from = generous): readonly string[] {
  return formatMessage(ask(from, question, tcp))
    .split('\n')
    .filter((line) => !line.startsWith('answer: '))
    .slice(1);
}

test('an answer has the name servers of the zone and their addresses', () => {
  assert.deepEqual(extras('www.example.com. A'), [...servers, ...serverAddresses]);
  assert.deepEqual(extras('web.example.com. A'), [...servers, ...serverAddresses]);
});

test('name servers that are the answer are not repeated', () => {
  assert.deepEqual(extras('example.com. NS'), serverAddresses);
});

test('addresses of servers that the answer names come first, each set once', () => {
  const rows: [question: string, ...additional: string[]][] = [
    ['example.com. MX', 'additional: mx.example.com. 300 IN A 192.0.2.25'],
    ['_sip._tcp.example.com. SRV', 'additional: sip.example.com. 300 IN AAAA 2001:db8::5060'],
    ['_ssh._tcp.example.com. SRV'],
    ['kx.example.com. KX', 'additional: mx.example.com. 300 IN A 192.0.2.25'],
    ['afs.example.com. AFSDB', 'additional: mx.example.com. 300 IN A 192.0.2.25'],
    ['ptr.example.com. PTR'],
    ['dynmx.example.com. MX'],
  ];
  for (const [question, ...additional] of rows) {
    assert.deepEqual(extras(question), [...servers, ...additional, ...serverAddresses], question);
  }
});

test('an address that is the answer is not added again', () => {
  assert.deepEqual(extras('ns1.example.com. A'), [...servers, serverAddresses[1]]);
});

test('negative answers and referrals have nothing added', () => {
  const soa = 'authority: example.com. 60 IN SOA ns1.example.com. admin.example.com. 7 3600 600 86400 60';
  assert.deepEqual(extras('nowhere.example.com. A'), [soa]);
  assert.deepEqual(extras('www.example.com. TXT'), [soa]);
  assert.deepEqual(extras('x.sub.example.com. A'), [
    'authority: sub.example.com. 300 IN NS ns1.example.com.',
    ...serverAddresses,
  ]);
});

test('minimal responses, the default, have none of it', () => {
  for (const question of ['www.example.com. A', 'example.com. NS', 'example.com. MX', '_sip._tcp.example.com. SRV']) {
    assert.deepEqual(extras(question, minimal), [], question);
  }
});

test('what is added never takes the room of the answer, nor truncates it', () => {
  const many = Array.from({ length: 40 }, (_, index) => `mx A 198.51.100.${index}`).join('\n');
  const from = createAnswerer(generationOf(`${text}${many}`), { isMinimal: false });
  const reply = ask(from, 'example.com. MX');
  assert.deepEqual([reply.flags, reply.answers.length], [0x8400, 3]);
  // 41 addresses do not fit in 512 octets; those of the name server still do.
  assert.equal(reply.additionals.length, 2);
});
