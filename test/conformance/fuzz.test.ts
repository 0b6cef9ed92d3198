import assert from 'node:assert/strict';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { createPrng } from '#base/prng.ts';
import { runCommand } from './command.ts';
import { damagePacket, packetBytes, seedPackets } from './fuzz-packets.ts';
import { fuzzAnswers } from './fuzz.ts';
import type { RawAnswer } from './in-process.ts';

const program = fileURLToPath(new URL('../../scripts/dns-fuzz.ts', import.meta.url));

test('twenty thousand damaged packets get a reply that a client can read, or none', () => {
  const { faults, replies } = fuzzAnswers({ count: 20_000, seed: Date.now() >>> 0 });
  assert.deepEqual(faults, []);
  assert.ok(replies > 5000, `only ${replies} replies`);
});

/** Answer functions that are wrong now and then, and what is to be said of them. */
const spoiled: readonly (readonly [what: string, spoil: (answer: RawAnswer) => RawAnswer, pattern: RegExp])[] = [
  ['throws', () => () => assert.fail('on purpose'), /threw .*on purpose/],
  ['stays silent', () => () => 0, /no reply$/],
  ['returns more than there is', () => (_query, _length, _transport, out) => out.length + 1, /returned \d+$/],
  ['loses the id', (answer) => changing(answer, 1), /the reply has id \d+$/],
  ['answers another opcode', (answer) => changing(answer, 2), /the reply has flags \d+$/],
  ['writes a record that ends nowhere', (answer) => changing(answer, 7), /the reply: octet \d+: /],
  ['alters the question', (answer) => changing(answer, 13), /octet 13 of the question is another one$/],
  [
    'depends on what lies behind the packet',
    (answer) => (query, length, transport, out) => answer(query, Math.min(query.length, length + 1), transport, out),
    /depends on what lies behind the packet/,
  ],
  [
    'changes the packet',
    (answer) => (query, length, transport, out) => {
      query[2] = (query[2] ?? 0) | 1;
      return answer(query, length, transport, out);
    },
    /the packet was changed$/,
  ],
];

/** An answer function that turns the octet at `at` of every reply that has a question. */
function changing(answer: RawAnswer, at: number): RawAnswer {
  return (query, length, transport, out) => {
    const replied = answer(query, length, transport, out);
    if (replied > 20 && out[5] === 1) out[at] = (out[at] ?? 0) ^ (at === 2 ? 0x08 : 0x01);
    return replied;
  };
}

for (const [what, spoil, pattern] of spoiled) {
  test(`an answer function that ${what} is found out`, () => {
    const { faults } = fuzzAnswers({ count: 5000, seed: 1, spoil });
    const found = faults.filter((fault) => pattern.test(fault.split('\n')[0] ?? ''));
    assert.ok(found.length > 0, faults.slice(0, 3).join('\n') || 'no fault at all');
  });
}

test('damage is of every kind: shorter, longer, other, and none', () => {
  const seeds = seedPackets();
  const [seed] = seeds;
  assert.ok(seed !== undefined);
  const packet = new Uint8Array(packetBytes);
  const prng = createPrng(1);
  const seen = { shorter: 0, longer: 0, other: 0, whole: 0 };
  for (let count = 0; count < 2000; count++) {
    const length = damagePacket(packet, [seed], prng);
    if (length < seed.length) seen.shorter++;
    else if (length > seed.length) seen.longer++;
    else if (Buffer.compare(packet.subarray(0, length), seed) === 0) seen.whole++;
    else seen.other++;
  }
  for (const [kind, number] of Object.entries(seen)) assert.ok(number > 50, `${kind}: ${number}`);
});

test('the command says how many packets it sent and how many faults there were', async () => {
  const { code, output } = await runCommand([program, '--count', '2000', '--seed', '7']);
  assert.equal(code, 0, output);
  assert.match(output, /\n2000 packets, 0 faults\n$/);
  assert.equal((await runCommand([program, '--count', 'many'])).code, 2);
});
