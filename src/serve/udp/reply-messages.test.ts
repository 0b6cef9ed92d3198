/** Joined replies (UDP_SEGMENT): who gets what, and what happens where the system refuses them. */
import assert from 'node:assert/strict';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import test from 'node:test';
import fc from 'fast-check';
import { present } from '#base/assert.ts';
import type { IpAddress } from '#base/ip.ts';
import { loopback } from '../clients.fixture.ts';
import { errorNumber } from '../system/layout.ts';
import { loadLibc } from '../system/libc.ts';
import type { Libc } from '../system/libc.ts';
import { openClient, openLoop, receiveTexts, sendTexts } from './loop.fixture.ts';

const loaded = loadLibc();
const options = { skip: loaded.ok ? false : loaded.fault };

/** Calls of sendmmsg as they went by: how many messages the system took in each; −1 for a refusal. */
function watched(libc: Libc): { readonly taken: number[]; readonly calls: Partial<Libc> } {
  const taken: number[] = [];
  const sendmmsg: Libc['sendmmsg'] = (fd, headers, count, flags) => {
    const sent = libc.sendmmsg(fd, headers, count, flags);
    taken.push(sent);
    return sent;
  };
  return { taken, calls: { sendmmsg } };
}

/** Calls of which sendmmsg fails with `code` where `isRefused` says so of the number of messages. */
function refusing(libc: Libc, code: number, isRefused: (messages: number) => boolean): Partial<Libc> {
  let hasRefused = false;
  return {
    sendmmsg: (fd, headers, messages, flags) => {
      hasRefused = isRefused(messages);
      return hasRefused ? -1 : libc.sendmmsg(fd, headers, messages, flags);
    },
    errorNumber: () => {
      const error = hasRefused ? code : libc.errorNumber();
      hasRefused = false;
      return error;
    },
  };
}

const texts = ['a', 'b', 'c', 'd', 'e'];
const replies = texts.map((text) => `u:${text}`);

test(
  'replies to one client are one message to the system, and each a datagram to the client',
  options,
  async (context) => {
    assert.ok(loaded.ok);
    const { port, run } = openLoop(context, loaded.value, loopback);
    const client = openClient(context);
    await sendTexts(client, port, texts);
    const { taken, calls } = watched(loaded.value);
    const count = run(calls);
    assert.deepEqual(taken, [1]);
    assert.deepEqual(await receiveTexts(client, texts.length), replies);
    assert.deepEqual([count('answered'), count('sendFailures')], [5, 0]);
  },
);

test('a reply that is longer than the one before begins a message, a shorter one ends it', options, async (context) => {
  assert.ok(loaded.ok);
  const { port, run } = openLoop(context, loaded.value, loopback);
  const client = openClient(context);
  const lengths = ['aaa', 'bbb', 'c', 'd', 'eeee', 'ffff', 'g'];
  await sendTexts(client, port, lengths);
  const { taken, calls } = watched(loaded.value);
  run(calls);
  // aaa bbb c; d; eeee ffff g
  assert.deepEqual(taken, [3]);
  assert.deepEqual(
    await receiveTexts(client, lengths.length),
    lengths.map((text) => `u:${text}`),
  );
});

test('replies are sent one by one where the settings say so', options, async (context) => {
  assert.ok(loaded.ok);
  const { port, run } = openLoop(context, loaded.value, loopback);
  const client = openClient(context);
  await sendTexts(client, port, texts);
  const { taken, calls } = watched(loaded.value);
  run(calls, false);
  assert.deepEqual(taken, [5]);
  assert.deepEqual(await receiveTexts(client, texts.length), replies);
});

for (const [name, code] of [
  ['EIO, as a device without checksums gives', 5],
  ['EINVAL, as a kernel that does not know them gives', errorNumber.invalid],
  ['EMSGSIZE, as a narrow route gives', 90],
] as const) {
  test(`joined replies that the system refuses go one by one: ${name}`, options, async (context) => {
    assert.ok(loaded.ok);
    const libc = loaded.value;
    const { port, run } = openLoop(context, libc, loopback);
    const [one, other] = [openClient(context), openClient(context)];
    await sendTexts(one, port, ['a', 'b']);
    await sendTexts(other, port, ['c']);
    await sendTexts(one, port, ['d', 'e']);
    const offered: number[] = [];
    const count = run(
      refusing(libc, code, (messages) => {
        offered.push(messages);
        return offered.length === 1;
      }),
    );
    // Three messages; after the refusal of the first all five replies by themselves.
    assert.deepEqual(offered, [3, 5]);
    assert.deepEqual(
      [await receiveTexts(one, 4), await receiveTexts(other, 1)],
      [['u:a', 'u:b', 'u:d', 'u:e'], ['u:c']],
    );
    assert.deepEqual([count('answered'), count('sendFailures')], [5, 0]);
  });
}

test('where the system refuses joined replies again and again, they are no longer tried', options, async (context) => {
  assert.ok(loaded.ok);
  const libc = loaded.value;
  const { port, run } = openLoop(context, libc, loopback);
  const client = openClient(context);
  // Batches of four queries each, of which every one that is joined is refused.
  const queries = Array.from({ length: 80 }, (_, index) => String(100 + index));
  await sendTexts(client, port, queries);
  let refusals = 0;
  const count = run({
    ...refusing(libc, 5, (messages) => {
      if (messages > 1) return false;
      refusals++;
      return true;
    }),
    recvmmsg: (fd, headers, slots, flags, timeout) => libc.recvmmsg(fd, headers, Math.min(slots, 4), flags, timeout),
  });
  assert.equal(refusals, 16);
  assert.deepEqual([count('answered'), count('sendFailures')], [queries.length, 0]);
  assert.deepEqual(
    await receiveTexts(client, queries.length),
    queries.map((text) => `u:${text}`),
  );
});

/** Who asks, at which address of the server, and what. */
const asked = fc.array(
  fc.record({
    client: fc.nat({ max: 2 }),
    host: fc.nat({ max: 2 }),
    text: fc.string({ minLength: 1, maxLength: 4, unit: fc.constantFrom('a', 'b') }),
  }),
  { maxLength: 80 },
);

for (const [family, wildcard, hosts] of [
  ['udp4', '0.0.0.0', ['127.0.0.1', '127.0.0.2', '127.0.0.3']],
  ['udp6', '::', ['::1', '::1', '::1']],
] as const) {
  test(
    `however ${family} clients take turns, each gets its own replies from the address it asked`,
    options,
    async (context) => {
      assert.ok(loaded.ok);
      const listen = { address: wildcard as IpAddress, port: 0 };
      const { port, run } = openLoop(context, loaded.value, listen);
      const clients = [0, 1, 2].map(() => openClient(context, family));
      await fc.assert(
        fc.asyncProperty(asked, async (queries) => {
          for (const { client, host, text } of queries) {
            await sendTexts(present(clients[client], 'a client'), port, [text], hosts[host]);
          }
          const expected = clients.map((_, index) =>
            queries
              .filter(({ client }) => client === index)
              .map(({ host, text }) => `u:${text} from ${hosts[host] ?? ''}`),
          );
          const received = clients.map((client, index) => receiveFrom(client, expected[index]?.length ?? 0));
          const count = run({});
          assert.deepEqual(await Promise.all(received), expected);
          assert.equal(count('answered'), queries.length);
        }),
        { numRuns: 40 },
      );
    },
  );
}

async function receiveFrom(client: Socket, count: number): Promise<string[]> {
  const got: string[] = [];
  while (got.length < count) {
    const [reply, { address }] = (await once(client, 'message')) as [Buffer, { address: string }]; // dgram's own
    got.push(`${reply.toString()} from ${address}`);
  }
  return got;
}
