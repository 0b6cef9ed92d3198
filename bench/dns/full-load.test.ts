import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { subnetQuery } from './client-networks.ts';
import { countsByName, runFullLoad } from './full-load.ts';
import { readQueries } from './full-load-queries.ts';

test('the full load sends the queries of its file in turn and counts replies by code', async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'full-load-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const queryFile = join(directory, 'queries');
  writeFileSync(queryFile, 'a.example A\nbb.example AAAA\n');
  const server = createSocket('udp4').bind(0, '127.0.0.1');
  context.after(() => server.close());
  await once(server, 'listening');
  const seen = new Set<string>();
  const addresses = new Set<string>();
  server.on('message', (query, from) => {
    addresses.add(from.address);
    seen.add(query.toString('hex', 2));
    query[2] = 0x80;
    // Names of one letter exist.
    query[3] = query[12] === 1 ? 0 : 3;
    server.send(query, from.port, from.address);
  });
  const { port } = server.address();
  const form = { isBinary: false, hasEdns: true };
  const outcome = await runFullLoad({ port, queryFile, ...form, seconds: 1, window: 16, clients: 3 }, undefined);
  const { NOERROR = 0, NXDOMAIN = 0, ...others } = countsByName(outcome);
  assert.deepEqual(others, {});
  assert.ok(Math.abs(NOERROR - NXDOMAIN) <= 16, `${NOERROR} and ${NXDOMAIN}`);
  assert.equal(outcome.completed, NOERROR + NXDOMAIN);
  assert.ok(outcome.sent >= outcome.completed);
  assert.deepEqual([...addresses].sort(), ['127.64.0.0', '127.64.0.1', '127.64.0.2']);
  // Header, one question with its name, OPT with 4096 octets and no option.
  const opt = '000029100000000000' + '0000';
  assert.deepEqual([...seen].sort(), [
    `000000010000000000010161076578616d706c650000010001${opt}`,
    `00000001000000000001026262076578616d706c6500001c0001${opt}`,
  ]);
});

test('whole messages are sent as they are, but for their identifier', (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'full-load-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const message = subnetQuery('www.example', [192, 0, 2]);
  const file = join(directory, 'queries');
  const framed = Buffer.concat([Uint8Array.of(0, message.length), message]);
  // The last one is cut off.
  writeFileSync(file, Buffer.concat([framed, framed, framed.subarray(0, 9)]));
  const { bytes, offsets } = readQueries(file, { isBinary: true, hasEdns: false });
  assert.deepEqual([...offsets], [0, message.length, 2 * message.length]);
  assert.deepEqual(Buffer.from(bytes), Buffer.concat([message, message]));
});
