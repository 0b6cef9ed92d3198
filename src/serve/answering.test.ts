import assert from 'node:assert/strict';
import test from 'node:test';
import { readZones } from '#config/zone-reader.ts';
import type { IpPrefix } from '#base/ip.ts';
import type { AnswerClient } from '#dns/answer/answerer.ts';
import { answerCounterBytes } from '#dns/answer/counters.ts';
import { maxTransfers } from '#dns/answer/transfer.ts';
import { flag, recordType } from '#dns/wire/constants.ts';
import { decodeMessage, encodeQuery } from '#dns/wire/message.ts';
import { parseName, rootName } from '#dns/wire/name.ts';
import { formatRdata } from '#dns/wire/rdata.ts';
import { SteeringTable } from '#steering/table.ts';
import { createThreadAnswerer } from './answering.ts';
import type { AnswerSettings, AnswerTold } from './answering.ts';
import type { ThreadAnswerer } from './thread-answerer.ts';

const settings: AnswerSettings = {
  isMinimal: true,
  rotates: false,
  luaStepLimit: 10_000,
  nsid: undefined,
  chaos: {},
  cookieSecrets: [],
  rateLimit: undefined,
  transferTo: ['192.0.2.0/24' as IpPrefix],
};
const tcp: AnswerClient = {
  address: Uint8Array.of(192, 0, 2, 1),
  transport: 'tcp',
  unixMs: 1_700_000_000_000,
  idleTimeoutMs: 0,
};

function answererOf(records = '', tell: (told: AnswerTold) => void = () => undefined): ThreadAnswerer {
  const text = `$TTL 60\n@ SOA ns1 host 1 3600 600 86400 60\n@ NS ns1\nns1 A 192.0.2.1\n${records}`;
  const { image, geo } = readZones(new Map([['zones/example.com.zone', text]]));
  const slots = new Map<string, number>();
  const generation = { ...image, steering: SteeringTable.create(0).buffer, slots, services: [], geo };
  const counters = new SharedArrayBuffer(answerCounterBytes);
  return createThreadAnswerer({ generation, settings, counters, countersAt: 0, seed: 1 }, tell);
}

function queryFor(type: number, name = 'example.com.'): Uint8Array {
  const parsed = parseName(name);
  return encodeQuery(7, { name: parsed.ok ? parsed.value : rootName, type });
}

test('a query that fails in us gets SERVFAIL, and the next one its answer', () => {
  const { answer } = answererOf();
  const query = queryFor(recordType.SOA);
  const out = new Uint8Array(65_535);
  // A reply buffer that is too small is a bug of the transport, which the answerer asserts.
  const tiny = new Uint8Array(100);
  const length = answer(query, query.length, tcp, tiny);
  const failed = decodeMessage(tiny.subarray(0, length));
  assert.ok(failed.ok);
  assert.deepEqual([failed.value.id, failed.value.rcode, failed.value.questions.length], [7, 2, 0]);
  assert.equal(failed.value.flags & flag.response, flag.response);
  const answered = decodeMessage(out.subarray(0, answer(query, query.length, tcp, out)));
  assert.ok(answered.ok);
  assert.deepEqual([answered.value.rcode, answered.value.answers.length], [0, 1]);
});

test('transfers beyond the bound are refused until one ends, however it ends', () => {
  const answerer = answererOf();
  const query = queryFor(recordType.AXFR);
  const begin = (): Iterator<Uint8Array> | undefined => answerer.transfer(query, query.length, tcp);
  const under = Array.from({ length: maxTransfers }, begin);
  assert.ok(under.every((messages) => messages !== undefined));
  assert.equal(begin(), undefined);
  under[0]?.return?.();
  under[0]?.return?.();
  assert.ok(begin() !== undefined);
  assert.equal(begin(), undefined);
  while (under[1]?.next().done === false);
  assert.ok(begin() !== undefined);
  assert.equal(begin(), undefined);
});

test('code reads the records of zones by dblookup, those alone that stand there', () => {
  const records = `a A 192.0.2.7
a A 192.0.2.8
up LUA A "ifportup(80, {'192.0.2.1'})"
sub NS ns.sub
ns.sub A 192.0.2.9
two LUA TXT "#dblookup('a.example.com', pdns.A) .. ' ' .. dblookup('A.EXAMPLE.COM.', 'a')[2]"
none LUA TXT "#dblookup('up.example.com', pdns.A) .. #dblookup('ns.sub.example.com', pdns.A) .. #dblookup('x.test', 1)"
`;
  const { answer } = answererOf(records);
  const out = new Uint8Array(512);
  const textOf = (name: string): string | undefined => {
    const query = queryFor(recordType.TXT, name);
    const reply = decodeMessage(out.subarray(0, answer(query, query.length, tcp, out)));
    return reply.ok && reply.value.answers[0] ? formatRdata(recordType.TXT, reply.value.answers[0].rdata) : undefined;
  };
  assert.equal(textOf('two.example.com.'), '"2 192.0.2.8"');
  assert.equal(textOf('none.example.com.'), '"000"');
});

test('a record that fails is told of with its place, and not for each query', () => {
  const told: AnswerTold[] = [];
  const record = `www LUA A "ifportup(80, {'192.0.2.1'}, {failOnIncompleteCheck='true'})"\n`;
  const { answer } = answererOf(record, (each) => told.push(each));
  assert.deepEqual(
    told.map((each) => each.kind === 'targetWanted' && each.target.address),
    ['192.0.2.1'],
    'a check that has no slot is asked for',
  );
  const query = queryFor(recordType.A, 'www.example.com.');
  for (let count = 0; count < 3; count++) answer(query, query.length, tcp, new Uint8Array(512));
  const failures = told.flatMap((each) => (each.kind === 'recordFailed' ? [each] : []));
  assert.deepEqual(
    failures.map(({ source, reason }) => `${source.position.file}:${source.position.line}: ${reason}`),
    ['zones/example.com.zone:5: no health check of this name has finished yet'],
  );
});
