import assert from 'node:assert/strict';
import test from 'node:test';
import { parseDnsperf } from './dnsperf.ts';

/** As dnsperf 2.10.0 prints with -v, with a query that was not answered. */
const output = `DNS Performance Testing Tool
Version 2.10.0

[Status] Command line: dnsperf -s 127.0.0.1 -p 5391 -d static.q -l 1 -Q 4 -v
[Status] Sending queries (to 127.0.0.1:5391)
> NOERROR www.bench.example A 0.002000
> T www.bench.example A
> NXDOMAIN absent.bench.example A 0.000500
> NOERROR www.bench.example A 0.001000
[Status] Testing complete (time limit)

Statistics:

  Queries sent:         4
  Queries completed:    3 (75.00%)
  Queries lost:         1 (25.00%)

  Response codes:       NOERROR 2 (66.67%), NXDOMAIN 1 (33.33%)
  Average packet size:  request 35, response 51
  Run time (s):         1.250000
  Queries per second:   2.400000

  Average Latency (s):  0.001167 (min 0.000500, max 0.002000)
`;

test('the counts, response codes and latencies of dnsperf are read', () => {
  const { latenciesMs, ...counts } = parseDnsperf(output);
  assert.deepEqual(counts, {
    sent: 4,
    completed: 3,
    lost: 1,
    seconds: 1.25,
    byRcode: { NOERROR: 2, NXDOMAIN: 1 },
    responseBytes: 51,
  });
  assert.deepEqual([...latenciesMs], [0.5, 1, 2]);
});

test('output without statistics is an error that shows it', () => {
  assert.throws(() => parseDnsperf('Error: unable to open static.q\n'), /"Queries sent":\nError: unable to open/);
});
