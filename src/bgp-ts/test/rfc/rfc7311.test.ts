import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeUpdate } from '../../src/index.ts';
import type { DecodeContext, PathAttribute } from '../../src/index.ts';
import { asPath, external, hexOf, internal, nextHop, octets, origin, prefix, receive, update } from './wire.ts';

/** The attribute behind the mandatory ones, which must be written as it was read. */
function attribute(hex: string, context: DecodeContext = internal): PathAttribute | undefined {
  const whole = update(`${origin}${asPath}${nextHop}${hex}`, prefix);
  const received = receive(whole, context);
  assert.ok(received?.ok === true && received.value.kind === 'update');
  const found = received.value.attributes[3];
  if (found !== undefined) assert.equal(hexOf(encodeUpdate(received.value, true)), hexOf(whole));
  return found;
}

test('AIGP has a metric of 64 bits, and keeps TLVs that it does not know', () => {
  assert.deepEqual(attribute('801a0b 01000b 8000000000000001'), {
    kind: 'aigp',
    metric: 0x8000_0000_0000_0001n,
    otherTlvs: [],
  });
  assert.deepEqual(attribute('801a0f 01000b 0000000000000007 090004 ab'), {
    kind: 'aigp',
    metric: 7n,
    otherTlvs: [{ type: 9, bytes: octets('ab') }],
  });
});

test('AIGP from another AS is dropped', () => {
  assert.equal(attribute('801a0b 01000b 0000000000000001', external), undefined);
});

test('PREFIX_SID has a label index, ranges of labels, or SRv6 services (RFC 8669 §3, RFC 9252 §2)', () => {
  const index = '01 0007 00 0000 00000309';
  const srgb = '03 0008 0000 0c3500 001000';
  assert.deepEqual(attribute(`c02815 ${index} ${srgb}`), {
    kind: 'prefixSid',
    tlvs: [
      { kind: 'labelIndex', labelIndex: 777 },
      { kind: 'originatorSrgb', ranges: [{ base: 800_000, size: 4096 }] },
    ],
  });
  const sid = '20010db8000100010000000000000000';
  assert.deepEqual(attribute(`c02825 05 0022 00 01 001e 00 ${sid} 00 0013 00 01 0006 401810000000`), {
    kind: 'prefixSid',
    tlvs: [
      {
        kind: 'srv6Service',
        layer: 3,
        items: [
          {
            kind: 'sid',
            sid: '2001:db8:1:1::',
            flags: 0,
            endpointBehavior: 19,
            details: [{ type: 1, bytes: octets('401810000000') }],
          },
        ],
      },
    ],
  });
});

test('OTC has the AS that it stands for (RFC 9234 §5)', () => {
  assert.deepEqual(attribute('c02304 fa56ea01'), { kind: 'onlyToCustomer', asn: 4_200_000_001 });
});

test('ORIGINATOR_ID and CLUSTER_LIST are read from our own AS (RFC 4456 §8)', () => {
  assert.deepEqual(attribute('800904 c0000201'), { kind: 'originatorId', originatorId: '192.0.2.1' });
  assert.deepEqual(attribute('800a08 c0000202 c0000203'), {
    kind: 'clusterList',
    clusterIds: ['192.0.2.2', '192.0.2.3'],
  });
});
