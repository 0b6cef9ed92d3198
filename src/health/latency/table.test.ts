import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { formatIp, ipBytes, parseIp, parsePrefix } from '#base/ip.ts';
import type { IpPrefix } from '#base/ip.ts';
import { present } from '#base/assert.ts';
import type { LatencyRow } from './book.ts';
import { aggregateOf, networkKey, networkOf } from './network.ts';
import { emptyLatencyTable, encodeLatencyTable, LatencyTable } from './table.ts';

const octets = (text: string): Uint8Array => ipBytes(present(parseIp(text), text));
const prefix = (text: string): IpPrefix => present(parsePrefix(text), text);
const row = (
  text: string,
  ...sites: readonly (readonly [site: string, keyMs: number, rttMs: number])[]
): LatencyRow => ({
  prefix: prefix(text),
  key: networkKey(prefix(text)),
  sites: sites.map(([site, keyMs, rttMs]) => ({ site, keyMs, rttMs })),
});

test('an address finds its network, else its aggregate, else nothing, as far as its bits are known', () => {
  const table = new LatencyTable(
    encodeLatencyTable([
      row('192.0.2.0/24', ['fra', 1, 2], ['iad', 3, 4]),
      row('192.0.0.0/16', ['fra', 5, 6], ['sin', 7, 8]),
      row('2001:db8:1::/48', ['fra', 9, 10], ['iad', 11, 12]),
      row('2001:db8::/32', ['fra', 13, 14], ['iad', 15, 16]),
    ]),
  );
  const fra = table.siteNumber('fra');
  const found = (address: string, bits: number): number => {
    const at = table.find(octets(address), bits);
    return at < 0 ? -1 : table.keyMs(at, fra);
  };
  assert.equal(found('192.0.2.77', 32), 1);
  assert.equal(found('192.0.2.0', 24), 1);
  assert.equal(found('192.0.2.0', 23), 5);
  assert.equal(found('192.0.3.1', 32), 5);
  assert.equal(found('192.0.0.0', 15), -1);
  assert.equal(found('192.1.2.1', 32), -1);
  assert.equal(found('2001:db8:1:ff::1', 128), 9);
  assert.equal(found('2001:db8:1::', 47), 13);
  assert.equal(found('2001:db8:2::', 48), 13);
  assert.equal(found('2001:db8::', 31), -1);
  assert.equal(found('2001:db9::', 128), -1);
});

test('a site that was not measured, or that no row has, is infinitely far', () => {
  const table = new LatencyTable(
    encodeLatencyTable([row('192.0.2.0/24', ['fra', 1, 2]), row('192.0.3.0/24', ['iad', 3, 4])]),
  );
  const at = table.find(octets('192.0.2.1'), 32);
  assert.equal(table.rttMs(at, table.siteNumber('fra')), 2);
  assert.equal(table.rttMs(at, table.siteNumber('iad')), Infinity);
  assert.equal(table.siteNumber('sin'), -1);
  assert.equal(table.keyMs(at, table.siteNumber('sin')), Infinity);
});

test('a table is replaced whole, and its revision tells', () => {
  const table = new LatencyTable(emptyLatencyTable());
  const { revision } = table;
  assert.equal(table.find(octets('192.0.2.1'), 32), -1);
  table.replace(encodeLatencyTable([row('192.0.2.0/24', ['fra', 1, 2], ['iad', 3, 4])]));
  assert.notEqual(table.revision, revision);
  assert.equal(table.find(octets('192.0.2.1'), 32), 0);
  table.replace(emptyLatencyTable());
  assert.equal(table.find(octets('192.0.2.1'), 32), -1);
});

const anyAddress = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 4 }),
  // Few values, so that networks meet in their aggregates.
  fc.array(fc.constantFrom(0, 1, 255), { minLength: 16, maxLength: 16 }).map((values) => Uint8Array.from(values)),
);

test('whatever is in it, the table gives what a map by prefix gives', () => {
  fc.assert(
    fc.property(fc.array(anyAddress, { maxLength: 60 }), fc.array(anyAddress, { maxLength: 20 }), (inside, others) => {
      const prefixes = new Set(
        inside.flatMap((address, index) => {
          const network = networkOf(address);
          return index % 3 === 0 ? [network, aggregateOf(network)] : [network];
        }),
      );
      const rows = [...prefixes].map((each, index) => row(each, ['fra', index, index]));
      const table = new LatencyTable(encodeLatencyTable(rows));
      const keys = new Map([...prefixes].map((each, index) => [each, index]));
      for (const address of [...inside, ...others]) {
        const plain = ipBytes(formatIp(address));
        const network = networkOf(plain);
        // An IPv4-mapped address is a case of its own: serving threads see such clients as IPv4.
        if (plain.length === 16 && network.includes('.')) continue;
        assert.equal(
          table.find(plain, plain.length * 8),
          keys.get(network) ?? keys.get(aggregateOf(network)) ?? -1,
          network,
        );
      }
    }),
  );
});
