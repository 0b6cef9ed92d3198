import assert from 'node:assert/strict';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { decodeMessage } from 'bgp-ts';
import { fuzzBgp } from './bgp-fuzz.ts';
import type { Decode } from './bgp-fuzz.ts';
import { runCommand } from './command.ts';

const program = fileURLToPath(new URL('../../scripts/bgp-fuzz.ts', import.meta.url));

test('twenty thousand damaged messages give values or typed faults, however they are cut', () => {
  const { faults, read, refused } = fuzzBgp({ count: 20_000, seed: Date.now() >>> 0 });
  assert.deepEqual(faults, []);
  assert.ok(read > 3000 && refused > 3000, `${read} read, ${refused} refused`);
});

/** Decoders that are wrong, and what is to be said of them. */
const spoiled: readonly (readonly [what: string, decode: Decode, pattern: RegExp])[] = [
  ['throws', () => assert.fail('on purpose'), /threw .*on purpose/],
  [
    'reads behind the end',
    (frame, context) => {
      const { buffer, byteOffset, byteLength } = frame.body;
      const roomBytes = Math.min(buffer.byteLength - byteOffset, byteLength + 1);
      return decodeMessage({ ...frame, body: new Uint8Array(buffer, byteOffset, roomBytes) }, context);
    },
    /depends on what lies around/,
  ],
  [
    'changes the octets',
    (frame, context) => {
      const decoded = decodeMessage(frame, context);
      frame.body.fill(0);
      return decoded;
    },
    /the message was changed|depends on what lies around/,
  ],
  [
    'answers with a subcode of no fault',
    (frame, context) => {
      const decoded = decodeMessage(frame, context);
      return decoded.ok ? decoded : { ok: false, fault: { ...decoded.fault, subcode: 77 } };
    },
    /an answer \d\/77 that no fault has/,
  ],
  [
    'loses the Data',
    (frame, context) => {
      const decoded = decodeMessage(frame, context);
      return decoded.ok ? decoded : { ok: false, fault: { ...decoded.fault, data: new Uint8Array(0) } };
    },
    / with Data $/,
  ],
  [
    'loses prefixes',
    (frame, context) => {
      const decoded = decodeMessage(frame, context);
      if (!decoded.ok || decoded.value.kind !== 'update') return decoded;
      return { ok: true, value: { ...decoded.value, announced: decoded.value.announced.slice(1) } };
    },
    /UPDATE changes when written/,
  ],
];

for (const [what, decode, pattern] of spoiled) {
  test(`a decoder that ${what} is found out`, () => {
    const { faults } = fuzzBgp({ count: 5000, seed: 1, decode });
    const found = faults.filter((fault) => pattern.test(fault.split('\n')[0] ?? ''));
    assert.ok(found.length > 0, faults.slice(0, 3).join('\n') || 'no fault at all');
  });
}

test('the command says how many messages it made and how many faults there were', async () => {
  const { code, output } = await runCommand([program, '--count', '2000', '--seed', '7']);
  assert.equal(code, 0, output);
  assert.match(output, /\n2000 messages, 0 faults\n$/);
  assert.equal((await runCommand([program, '--count', 'many'])).code, 2);
});
