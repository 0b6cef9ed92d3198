import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { formatIp } from '#base/ip.ts';
import { SsReader } from './ss-output.ts';

/** As iproute2 6.1 writes it, with the addresses of documentation. */
const output = `0      0          192.0.2.10:443      198.51.100.7:40906
\t bbr wscale:10,10 rto:204 rtt:18.5/4.25 ato:40 mss:1448 pmtu:1500 rcvmss:536 advmss:1448 cwnd:11 bytes_sent:1 bytes_acked:1 segs_out:2 segs_in:4 bbr:(bw:23831265624bps,mrtt:17.011,pacing_gain:2.88672,cwnd_gain:2.88672) send 262144000000bps lastsnd:4 pacing_rate 624307185112bps delivered:2 app_limited rcv_space:65483 minrtt:17.011 snd_wnd:65536
0      36     [2001:db8::10]:443     [2001:db8:7:8::9]:38692
\t cubic wscale:7,7 rto:260 rtt:60.1/4 mss:1428 cwnd:10 minrtt:59 snd_wnd:65536${'   '}
0      0  [::ffff:192.0.2.10]:443   [::ffff:203.0.113.9]:35744
\t cubic wscale:7,7 rto:204 rtt:0.024/0.013 mss:32768 cwnd:10
0      0    [fe80::1%eth0]:443          [fe80::2%eth0]:5000
\t cubic rto:204 rtt:0.5/0.2 mss:1428 cwnd:10 minrtt:0.4
0      0          192.0.2.10:443      198.51.100.8:40907
\t cubic wscale:7,7 rto:1000 mss:1448 cwnd:10
0      0          192.0.2.10:443      198.51.100.9:40908
`;

const read = (reader: SsReader): readonly string[] =>
  reader.roundTrips.map(({ address, rttMs }) => `${formatIp(address)} ${rttMs}`);

function readWhole(text: string, maxConnections = 100): readonly string[] {
  const reader = new SsReader(maxConnections);
  reader.push(text);
  reader.end();
  return read(reader);
}

const expected = ['198.51.100.7 17.011', '2001:db8:7:8::9 59', '203.0.113.9 0.024', 'fe80::2 0.4'];

test('each connection gives its least round trip, else the smoothed one; those without any are left out', () => {
  assert.deepEqual(readWhole(output), expected);
});

test('output of one line for each connection, or with a column of states, is read too', () => {
  assert.deepEqual(readWhole(output.replaceAll('\n\t', '')), expected);
  assert.deepEqual(readWhole(output.replaceAll(/^0/gm, 'ESTAB 0')), expected);
});

test('no more connections are read than asked for', () => {
  assert.deepEqual(readWhole(output, 2), expected.slice(0, 2));
});

test('output may arrive in any parts', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(output.length)), (cuts) => {
      const reader = new SsReader(100);
      const places = [0, ...cuts.toSorted((a, b) => a - b), output.length];
      for (const [index, place] of places.entries()) reader.push(output.slice(place, places[index + 1] ?? place));
      reader.end();
      assert.deepEqual(read(reader), expected);
    }),
  );
});

test('whatever is read, there is no throw and no round trip that is not a number', () => {
  const pieces = ['0 0 1.2.3.4:5 6.7.8.9:10', '\t rtt:', '1.5', 'minrtt:', '..', '\n', ' ', 'x', '[::1]:7', '\0'];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces)), (parts) => {
      const reader = new SsReader(3);
      for (const part of parts) reader.push(part);
      reader.end();
      assert.ok(reader.roundTrips.length <= 3);
      assert.ok(reader.roundTrips.every(({ rttMs }) => rttMs >= 0));
    }),
  );
});
