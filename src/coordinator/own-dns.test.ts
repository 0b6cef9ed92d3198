import assert from 'node:assert/strict';
import test from 'node:test';
import type { TestContext } from 'node:test';
import type { IpAddress, IpPrefix } from '#base/ip.ts';
import { createPrng } from '#base/prng.ts';
import { createZoneReader } from '#config/zone-reader.ts';
import { createAnswerer } from '#dns/answer/answerer.ts';
import { createGeneration } from '#dns/answer/generation.ts';
import type { Zone } from '#dns/zone/zone.ts';
import { listenDns } from '#serve/dns-server.ts';
import { askOwnDns } from './own-dns.ts';

const prefix = '127.0.0.0/8' as IpPrefix;

function zoneWith(serial: number): Zone {
  const health = { register: () => ({ read: () => ({ state: 'up' as const, changePending: false }) }) };
  const reader = createZoneReader({ health, prng: createPrng(1), serial });
  reader.read('zones/example.com.zone', '$TTL 60\n@ SOA ns1 host 1 60 60 60 60\n@ NS ns1\nns1 A 192.0.2.1\n');
  const [zone] = reader.zones;
  assert.ok(zone !== undefined);
  return zone;
}

async function serve(context: TestContext, zones: readonly Zone[]) {
  const answerer = createAnswerer(createGeneration(zones));
  const server = await listenDns([{ address: '127.0.0.1' as IpAddress, port: 0 }], (...query) =>
    answerer.answer(...query),
  );
  assert.ok(server.ok);
  context.after(() => server.value.close());
  return server.value.bound;
}

test('R18: the own DNS passes when it answers the SOA of this release over UDP and TCP', async (context) => {
  const zone = zoneWith(7);
  const bound = await serve(context, [zone]);
  const result = await askOwnDns(prefix, zone, bound);
  assert.deepEqual(result, { passed: true, reason: `answers on 127.0.0.1:${bound[0]?.port}` });
});

test('R18: an old serial, a refusal, a closed port and an address elsewhere are failures that say why', async (context) => {
  const bound = await serve(context, [zoneWith(7)]);
  const old = await askOwnDns(prefix, zoneWith(8), bound);
  assert.match(old.reason, /UDP .*: the serial is 7, expected 8/);
  const refused = await askOwnDns(prefix, zoneWith(7), await serve(context, []));
  assert.match(refused.reason, /the reply is REFUSED/);
  const closed = await askOwnDns(prefix, zoneWith(7), [{ address: '127.0.0.1' as IpAddress, port: 1 }]);
  const elsewhere = await askOwnDns('203.0.113.0/24' as IpPrefix, zoneWith(7), bound);
  assert.match(elsewhere.reason, /listens on no address of 203.0.113.0\/24/);
  for (const result of [old, refused, closed, elsewhere]) assert.equal(result.passed, false);
});
