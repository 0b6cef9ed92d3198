import assert from 'node:assert/strict';
import test from 'node:test';
import type { TestContext } from 'node:test';
import type { IpAddress, IpPrefix } from '#base/ip.ts';
import { present } from '#base/assert.ts';
import { ZoneImage } from '#dns/zone/image.ts';
import type { ZoneSummary } from '#dns/zone/image.ts';
import type { SharedGeneration } from '#serve/answering.ts';
import type { ListenAddress } from '#serve/listen-fault.ts';
import { generationWith, openService } from './dns-service.fixture.ts';
import { askOwnDns } from './own-dns.ts';

const prefix = '127.0.0.0/8' as IpPrefix;
/** Far more than an answer takes. */
const limitMs = 60_000;

function zoneWith(serial: number): ZoneSummary {
  const [zone] = new ZoneImage(generationWith(serial).buffer).zones();
  return present(zone, 'the zone');
}

async function serve(context: TestContext, generation: SharedGeneration): Promise<readonly ListenAddress[]> {
  return (await openService(context, generation)).bound;
}

test('R18: the own DNS passes when it answers the SOA of this release over UDP and TCP', async (context) => {
  const zone = zoneWith(7);
  const bound = await serve(context, generationWith(7));
  const result = await askOwnDns(prefix, zone, bound, limitMs);
  assert.deepEqual(result, { passed: true, reason: `answers on 127.0.0.1:${bound[0]?.port}` });
});

test('R18: an old serial, a refusal, a closed port and an address elsewhere are failures that say why', async (context) => {
  const bound = await serve(context, generationWith(7));
  const old = await askOwnDns(prefix, zoneWith(8), bound, limitMs);
  assert.match(old.reason, /UDP .*: the serial is 7, expected 8/);
  const refused = await askOwnDns(prefix, zoneWith(7), await serve(context, generationWith(7, [])), limitMs);
  assert.match(refused.reason, /the reply is REFUSED/);
  const nowhere = [{ address: '127.0.0.1' as IpAddress, port: 1 }];
  // UDP is silent there, so that the limit ends the wait.
  const closed = await askOwnDns(prefix, zoneWith(7), nowhere, 100);
  const elsewhere = await askOwnDns('203.0.113.0/24' as IpPrefix, zoneWith(7), bound);
  assert.match(elsewhere.reason, /listens on no address of 203.0.113.0\/24/);
  for (const result of [old, refused, closed, elsewhere]) assert.equal(result.passed, false);
});
