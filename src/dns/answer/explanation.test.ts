import assert from 'node:assert/strict';
import test from 'node:test';
import { explanation } from './explanation.ts';

test('the text of an extended error is cut between characters', () => {
  const { data } = explanation(0, `${'a'.repeat(199)}é`);
  assert.equal(data.length, 2 + 199);
  assert.equal(Buffer.from(explanation(22, 'né').data.subarray(2)).toString(), 'né');
});

test('an extended error begins with its code in two octets (RFC 8914 §2)', () => {
  assert.deepEqual(explanation(0x0116, '').data, Uint8Array.of(1, 0x16));
});
