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
import { SteeringTable } from '#steering/table.ts';
import { createThreadAnswerer } from './answering.ts';
import type { AnswerSettings } from './answering.ts';
import type { ThreadAnswerer } from './thread-answerer.ts';

const settings: AnswerSettings = {
  isMinimal: true,
  rotates: false,
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

function answererOf(): ThreadAnswerer {
  const text = '$TTL 60\n@ SOA ns1 host 1 3600 600 86400 60\n@ NS ns1\nns1 A 192.0.2.1\n';
  const { image } = readZones(new Map([['zones/example.com.zone', text]]));
  const generation = { ...image, steering: SteeringTable.create(0).buffer, slots: new Map<string, number>() };
  const counters = new SharedArrayBuffer(answerCounterBytes);
  return createThreadAnswerer({ generation, settings, counters, countersAt: 0, seed: 1 });
}

function queryFor(type: number): Uint8Array {
  const parsed = parseName('example.com.');
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
