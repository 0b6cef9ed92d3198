import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import test from 'node:test';
import type { IpAddress } from '#base/ip.ts';
import { askUdp, loopback, openEcho, portOf, sendUdp } from '../clients.fixture.ts';
import { openClient, receiveTexts, sendTexts } from './loop.fixture.ts';
import { datagramBytes } from './region.ts';

const wildcards = [
  { address: '0.0.0.0' as IpAddress, port: 0 },
  { address: '::' as IpAddress, port: 0 },
];

test('on wildcard addresses each reply leaves from the address that was asked', async (context) => {
  const server = await openEcho(context, { listen: wildcards, sockets: { threads: 1 } });
  const [ipv4, ipv6] = server.bound;
  assert.ok(ipv4 !== undefined && ipv6 !== undefined);
  for (const host of ['127.0.0.1', '127.0.0.2', '127.0.0.3']) {
    assert.deepEqual(await askUdp(ipv4.port, 'x', host), { text: 'u:x', from: host });
  }
  assert.deepEqual(await askUdp(ipv6.port, 'x', '::1'), { text: 'u:x', from: '::1' });
});

test('a batch of one socket goes back to each of its clients, those without a reply left out', async (context) => {
  const server = await openEcho(context, { listen: wildcards.slice(0, 1), sockets: { threads: 1 } });
  const clients = Array.from({ length: 40 }, () => createSocket('udp4'));
  const count = 50;
  await Promise.all(
    clients.map(async (client, index) => {
      const host = `127.0.0.${1 + (index % 5)}`;
      const expected = new Set<string>();
      for (let query = 0; query < count; query++) {
        client.send('silence', portOf(server), host);
        client.send(`${index} ${query}`, portOf(server), host);
        expected.add(`u:${index} ${query} from ${host}`);
      }
      while (expected.size > 0) {
        const [reply, { address }] = (await once(client, 'message')) as [Buffer, { address: string }]; // dgram's own
        assert.ok(expected.delete(`${reply.toString()} from ${address}`), reply.toString());
      }
      client.close();
    }),
  );
  // A reply is counted after it was sent: the ended threads have counted everything.
  await server.close();
  const { received, answered, sendFailures, discarded } = server.counters();
  const queries = clients.length * count;
  assert.deepEqual(
    { received, answered, sendFailures, discarded },
    {
      received: 2 * queries,
      answered: queries,
      sendFailures: 0,
      discarded: 0,
    },
  );
});

test('many addresses are served by every number of threads', async (context) => {
  const listen = [1, 2, 3, 4].map((host) => ({ address: `127.0.0.${host}` as IpAddress, port: 0 }));
  for (const threads of [1, 3]) {
    const server = await openEcho(context, { listen, sockets: { threads } });
    for (const { address, port } of server.bound) {
      for (let query = 0; query < 10; query++) {
        assert.deepEqual(await askUdp(port, 'x', address), { text: 'u:x', from: address });
      }
    }
  }
});

test('a query longer than any that is served is discarded, and counted', async (context) => {
  const server = await openEcho(context, { sockets: { threads: 1 } });
  const client = openClient(context);
  const replies = receiveTexts(client, 1);
  await sendTexts(client, portOf(server), ['x'.repeat(datagramBytes + 1), 'x']);
  assert.deepEqual(await replies, ['u:x']);
  await server.close();
  const { received, answered, discarded } = server.counters();
  assert.deepEqual({ received, answered, discarded }, { received: 2, answered: 1, discarded: 1 });
});

test('queries that have arrived before closing are answered', async (context) => {
  const server = await openEcho(context, { sockets: { threads: 2 } });
  const clients = Array.from({ length: 20 }, () => createSocket('udp4'));
  const replies = clients.map(async (client, index) => {
    client.connect(portOf(server), '127.0.0.1');
    await once(client, 'connect');
    const sent = new Promise((resolve) => client.send(String(index), resolve));
    const reply = once(client, 'message') as Promise<[Buffer]>; // dgram's own signature
    return { sent, reply };
  });
  const asked = await Promise.all(replies);
  await Promise.all(asked.map(({ sent }) => sent));
  await server.close();
  for (const [index, { reply }] of asked.entries()) assert.equal((await reply)[0].toString(), `u:${index}`);
  for (const client of clients) client.close();
});

test('clients that are gone end nothing', async (context) => {
  const server = await openEcho(context, { listen: [loopback], sockets: { threads: 1 } });
  for (let client = 0; client < 200; client++) sendUdp(portOf(server), 'x');
  for (let query = 0; query < 20; query++) assert.equal((await askUdp(portOf(server), 'y')).text, 'u:y');
});
