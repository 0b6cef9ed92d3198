import assert from 'node:assert/strict';
import test from 'node:test';
import { present } from '#base/assert.ts';
import { createPrng } from '#base/prng.ts';
import { formatProblem } from '#config/problem.ts';
import { readZones } from '#config/zone-reader.ts';
import { createAnswerer } from '#dns/answer/answerer.ts';
import type { Answerer } from '#dns/answer/answerer.ts';
import { parseType } from '#dns/wire/constants.ts';
import { decodeMessage, encodeQuery } from '#dns/wire/message.ts';
import { parseName } from '#dns/wire/name.ts';
import { formatRdata } from '#dns/wire/rdata.ts';
import { emptyLatencyTable, LatencyTable } from '#health/latency/table.ts';
import { openGeneration } from '#serve/answering.ts';
import type { SlotValue, SteeringTable } from '#steering/table.ts';
import { buildGeneration } from './generation.ts';
import type { Generation } from './generation.ts';

const siteText = (id: string, number: number, latitude: number, longitude: number): string => `site: ${id}
name: Site ${id}
location: { latitude: ${latitude}, longitude: ${longitude} }
endpoints:
  www:
    - { address: 192.0.2.${number}, port: 443, name: www.${id}.example.com }
    - { address: '2001:db8::${number}', port: 443 }
`;

const policyText = `services:
  www:
    check: { type: tcp }
    policy:
      - geo: { continent: { EU: fra }, prefix: { 198.51.100.0/24: iad }, fallback: any }
      - nearest
    https: { alpn: [h2] }
nets:
  - { prefix: 203.0.113.0/24, country: DE }
  - { prefix: 192.0.0.0/24, country: US }
`;

const head = '$TTL 300\n@ SOA ns1 host 1 3600 600 86400 60\n@ NS ns1\n@ NS ns2\nns1 A 192.0.2.1\nns2 A 192.0.2.2\n';

/** The generation of a release whose zone goes on with these lines, or the problems of its files. */
function build(records: string, policy = policyText): Generation | readonly string[] {
  const files = new Map([
    ['sites/fra.yaml', siteText('fra', 10, 50.1, 8.7)],
    ['sites/iad.yaml', siteText('iad', 20, 38.9, -77.4)],
    ['zones/example.com.zone', head + records],
    ['zones/www.yaml', policy],
  ]);
  const generation = buildGeneration(files, { site: 'fra', serial: 1, zones: readZones(files) });
  return generation.ok ? generation.value : generation.fault.map(formatProblem);
}

function answererOf(records: string): {
  answerer: Answerer;
  set: (changes: Record<string, Partial<SlotValue>>) => void;
} {
  const generation = build(records);
  assert.ok('slots' in generation, JSON.stringify(generation));
  const { slots, shared } = generation;
  const up = { answerable: true, changePending: false, unproven: false, withheld: false, frozen: false };
  const values: SlotValue[] = Array.from({ length: slots.table.slotCount }, () => ({
    ...up,
    failOpen: false,
    weight: 100,
    shed: 0,
  }));
  const table: SteeringTable = slots.table;
  const set = (changes: Record<string, Partial<SlotValue>>): void => {
    for (const [key, change] of Object.entries(changes)) {
      const slot = present(slots.byTarget.get(key), `the slot of ${key}`);
      values[slot] = { ...present(values[slot], 'its value'), ...change };
    }
    table.publish(values);
  };
  set({ 'service:www': { weight: 0 } });
  const answerer = createAnswerer(
    openGeneration(shared, {
      prng: createPrng(1),
      latency: new LatencyTable(emptyLatencyTable()),
      tell: () => undefined,
      stepLimit: 10_000,
    }),
  );
  return { answerer, set };
}

/** What a client from `octets` is answered, each as text with its TTL. */
function ask(answerer: Answerer, question: string, octets: readonly number[]): readonly string[] {
  const [text = '', type = ''] = question.split(' ');
  const name = parseName(text);
  assert.ok(name.ok);
  const query = encodeQuery(7, { name: name.value, type: parseType(type) ?? 0 });
  const out = new Uint8Array(4096);
  const client = { address: Uint8Array.from(octets), transport: 'udp', unixMs: 0, idleTimeoutMs: 0 } as const;
  const reply = decodeMessage(out.subarray(0, answerer.answer(query, query.length, client, out)));
  assert.ok(reply.ok);
  return reply.value.answers.map((record) => `${record.ttlSeconds} ${formatRdata(record.type, record.rdata)}`);
}

const german = [203, 0, 113, 9];
const american = [192, 0, 0, 9];
const listed = [198, 51, 100, 9];

test('records steer by the policy of their service: by place, prefix and health, in every type', () => {
  const { answerer, set } = answererOf(`www 300 LUA A "steer('www')"
www 300 LUA AAAA "steer('www')"
www 300 LUA HTTPS "steer('www')"
go 300 LUA CNAME "steer('www')"
`);
  assert.deepEqual(ask(answerer, 'www.example.com. A', german), ['300 192.0.2.10']);
  assert.deepEqual(ask(answerer, 'www.example.com. A', american), ['300 192.0.2.20']);
  assert.deepEqual(ask(answerer, 'www.example.com. A', listed), ['300 192.0.2.20']);
  assert.deepEqual(ask(answerer, 'www.example.com. AAAA', german), ['300 2001:db8::10']);
  assert.deepEqual(ask(answerer, 'www.example.com. HTTPS', german), [
    '300 1 . alpn="h2" ipv4hint=192.0.2.10 ipv6hint=2001:db8::10',
  ]);
  assert.deepEqual(ask(answerer, 'go.example.com. CNAME', american), ['300 www.iad.example.com.']);
  set({ 'endpoint:www/fra/4': { answerable: false } });
  assert.deepEqual(ask(answerer, 'www.example.com. A', german), ['300 192.0.2.20']);
  assert.deepEqual(ask(answerer, 'www.example.com. AAAA', german), ['300 2001:db8::10']);
});

test('a record that steers by no known service is refused at its place, with the service that was meant', () => {
  assert.deepEqual(build(`www 30 LUA A "steer('wwww')"\nmail 30 LUA MX "steer('www')"\n`), [
    "zones/example.com.zone:7:15: no service 'wwww', expected one of zones/*.yaml, did you mean 'www'?",
    'zones/example.com.zone:8:17: services give no records of type MX, expected A, AAAA, CNAME, HTTPS, SVCB or TXT',
  ]);
});

test('without a database only nets tell places, and a service that nobody uses asks of none', () => {
  const generation = build('');
  assert.ok('shared' in generation);
  assert.equal(generation.shared.geo.tables.size, 0);
  const used = build(`www 30 LUA A "steer('www')"\n`);
  assert.ok('shared' in used);
  assert.equal(used.shared.geo.tables.size, 2);
});
