import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import test from 'node:test';
import type { IpAddress } from '#base/ip.ts';
import { freePort } from '../bgp-ts/test/free-port.ts';
import { clientAddress } from './client-address.ts';
import { askTcp, askUdp, closed, connectTo, loopback, openEcho, portOf, sendTcp, sendUdp } from './clients.fixture.ts';
import { listenDns } from './dns-server.ts';
import type { DnsServerEvent } from './dns-server.ts';
import { echoModule } from './echo-answerer.fixture.ts';
import type { ThreadFailure } from './serving-thread.ts';

const ipv6 = { address: '::1' as IpAddress, port: 0 };
const setup = (): { prefix: string } => ({ prefix: ':' });

test('a portable thread that finds its address taken when it is replaced says so, and tries until it has it', async (context) => {
  const port = await freePort();
  // Without a host it listens at once: before the new thread does.
  const taker = createServer();
  context.after(() => taker.close());
  const failures: string[] = [];
  const server = await openEcho(context, {
    listen: [{ ...loopback, port }],
    isPortable: true,
    sockets: { threads: 1 },
    onEvent: (event) => {
      if (event.kind !== 'threadFailed') return;
      failures.push(event.error);
      if (failures.length === 1) taker.listen(port);
      else taker.close();
    },
  });
  const socket = await connectTo(portOf(server));
  sendTcp(socket, 'throw');
  await closed(socket);
  assert.equal((await askUdp(port, 'x')).text, 'u:x');
  assert.equal(failures.length, 2, failures.join('\n'));
  assert.match(failures[0] ?? '', /told to throw/);
  assert.match(failures[1] ?? '', new RegExp(`^cannot listen on TCP 127\\.0\\.0\\.1:${port}: `));
});

for (const isPortable of [false, true]) {
  const how = isPortable ? "with Node's own sockets" : 'with batches';

  test(`UDP and TCP answer on one port of each family, ${how}`, async (context) => {
    const server = await openEcho(context, { isPortable, listen: [loopback, ipv6] });
    assert.deepEqual(
      server.bound.map(({ address }) => address),
      ['127.0.0.1', '::1'],
    );
    for (const { address, port } of server.bound) {
      assert.deepEqual(await askUdp(port, 'hello', address), { text: 'u:hello', from: address });
      const socket = await connectTo(port, address);
      assert.equal(await askTcp(socket, 'hello'), 't:hello');
      socket.destroy();
    }
    assert.equal((await askUdp(server.bound[0]?.port ?? 0, 'address')).text, '127.0.0.1');
    assert.equal((await askUdp(server.bound[1]?.port ?? 0, 'address', '::1')).text, '0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1');
  });

  test(`a query that comes after an update is answered by it, in every thread, ${how}`, async (context) => {
    const server = await openEcho(context, { isPortable, sockets: { threads: 3 } });
    const socket = await connectTo(portOf(server));
    for (let round = 0; round < 20; round++) {
      server.update({ prefix: `${round}:` });
      const replies = await Promise.all(Array.from({ length: 10 }, () => askUdp(portOf(server), 'x')));
      for (const { text } of replies) assert.equal(text, `u${round}:x`);
      assert.equal(await askTcp(socket, 'x'), `t${round}:x`);
    }
    socket.destroy();
  });

  test(`a thread that throws is reported and replaced, and answers by the newest state, ${how}`, async (context) => {
    const failed = Promise.withResolvers<ThreadFailure>();
    let prefix = 'old:';
    const server = await openEcho(context, {
      listen: [{ ...loopback, port: await freePort() }],
      isPortable,
      setup: () => ({ prefix }),
      sockets: { threads: 1 },
      onEvent: (event) => {
        if (event.kind === 'threadFailed') failed.resolve(event);
      },
    });
    prefix = 'new:';
    server.update({ prefix });
    if (isPortable) {
      const socket = await connectTo(portOf(server));
      sendTcp(socket, 'throw');
      await closed(socket);
    } else sendUdp(portOf(server), 'throw');
    const { thread, error } = await failed.promise;
    assert.equal(thread, isPortable ? 'streams' : 'udp 0');
    assert.match(error, /told to throw/);
    assert.equal((await askUdp(portOf(server), 'x')).text, 'unew:x');
  });

  test(`an address in use is said with the address and what to do, and nothing stays open, ${how}`, async (context) => {
    const listen = [{ ...loopback, port: await freePort() }];
    const server = await openEcho(context, { isPortable, listen });
    const port = portOf(server);
    const other = { address: '127.0.0.2' as IpAddress, port: 0 };
    const refused = await listenDns({
      listen: [other, { ...loopback, port }],
      module: echoModule,
      setup,
      isPortable,
    });
    assert.ok(!refused.ok);
    const advice = 'another program has it; stop that one, or change the address or port in "dns.listen"';
    assert.deepEqual(
      refused.fault.map((fault) => fault.message),
      ['UDP', 'TCP'].map((protocol) => `cannot listen on ${protocol} 127.0.0.1:${port}: ${advice}`),
    );
    await server.close();
    assert.equal(portOf(await openEcho(context, { isPortable, listen })), port);
  });

  test(`an address that this machine does not have is said to be missing, ${how}`, async () => {
    const listen = [{ address: '192.0.2.1' as IpAddress, port: 0 }];
    const refused = await listenDns({ listen, module: echoModule, setup, isPortable });
    assert.ok(!refused.ok);
    assert.equal(refused.fault[0]?.code, 'EADDRNOTAVAIL');
  });

  test(`a module that cannot answer is refused, and nothing stays open, ${how}`, async (context) => {
    const module = { url: new URL('./listen-fault.ts', import.meta.url) };
    const port = await freePort();
    const listen = [{ ...loopback, port }];
    const server = await openEcho(context, { isPortable, listen });
    await server.close();
    const refused = await listenDns({ listen, module, setup, isPortable });
    assert.ok(!refused.ok);
    assert.match(refused.fault[0]?.message ?? '', /does not export createThreadAnswerer/);
    assert.equal(portOf(await openEcho(context, { isPortable, listen })), port);
  });
}

test('where batches cannot be had, that is said', async (context) => {
  const events: DnsServerEvent[] = [];
  const server = await openEcho(context, { isPortable: true, onEvent: (event) => events.push(event) });
  assert.deepEqual(events, [{ kind: 'withoutBatches', reason: 'the settings ask for portable sockets' }]);
  assert.equal(server.sockets, undefined);
});

test('addresses of clients are canonical', () => {
  const rows: [text: string | undefined, address: string | undefined][] = [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['2001:DB8::1', '2001:db8::1'],
    [undefined, undefined],
  ];
  for (const [text, address] of rows) assert.equal(clientAddress(text), address);
});
