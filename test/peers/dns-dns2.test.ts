/** The dns2 client, an implementation that shares nothing with ours, against our sockets: A, AAAA and TXT. */
import assert from 'node:assert/strict';
import test from 'node:test';
import dns2 from 'dns2';
import type { IpAddress } from '#base/ip.ts';
import { refuse } from '#base/result.ts';
import { createAnswerer } from '#dns/answer/answerer.ts';
import { createGeneration } from '#dns/answer/generation.ts';
import { parseName } from '#dns/wire/name.ts';
import { buildImage } from '#dns/zone/image-builder.ts';
import { readZone } from '#dns/zone/read-zone.ts';
import { listenInThread } from '#serve/in-thread.ts';

const text = `
$TTL 300
@    SOA ns1.test. admin.test. 1 3600 600 86400 60
@    NS ns1.test.
www  A 192.0.2.1
www  A 192.0.2.2
www  AAAA 2001:db8::1
www  TXT "hello world"
many TXT ${'"0123456789 0123456789 0123456789 0123456789" '.repeat(40)}
`;

test(
  'dns2 reads A, AAAA and TXT, over UDP and TCP, and a truncated answer again over TCP',
  { timeout: 30_000 },
  async (context) => {
    const origin = parseName('example.com.');
    assert.ok(origin.ok);
    const compile = (): ReturnType<typeof refuse<{ message: string; offset: number }>> =>
      refuse({ message: 'none', offset: 0 });
    const { zone } = readZone({ file: 'example.com.zone', text, origin: origin.value }, { compile });
    assert.ok(zone !== undefined);
    const { answer } = createAnswerer(createGeneration(buildImage([zone]), { compile }));
    const server = await listenInThread([{ address: '127.0.0.1' as IpAddress, port: 0 }], answer);
    assert.ok(server.ok);
    context.after(() => server.value.close());
    const port = server.value.bound[0]?.port ?? 0;
    const udp = dns2.UDPClient({ dns: '127.0.0.1', port });
    const tcp = dns2.TCPClient({ dns: '127.0.0.1', port });
    for (const ask of [udp, tcp]) {
      const addresses = await ask('www.example.com', 'A');
      assert.deepEqual(
        addresses.answers.map((record) => record.address),
        ['192.0.2.1', '192.0.2.2'],
      );
      assert.deepEqual(
        addresses.answers.map((record) => record.ttl),
        [300, 300],
      );
      const [six] = (await ask('www.example.com', 'AAAA')).answers;
      assert.equal(six?.address, '2001:db8::1');
      const [words] = (await ask('www.example.com', 'TXT')).answers;
      assert.deepEqual(words?.data, ['hello world']);
      const missing = await ask('nowhere.example.com', 'A');
      assert.equal(missing.header.rcode, 3);
      assert.equal((await ask('many.example.com', 'TXT')).answers.length, 1);
    }
  },
);
