import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { recordType } from '../wire/constants.ts';
import { findChaosText } from './chaos.ts';
import { queryFor } from './serving.fixture.ts';

const texts = { idServer: 'fra1', version: 'fairlead 1' };

function told(question: string, from = texts): string | undefined {
  const query = queryFor(question);
  const data = findChaosText(from, query, query.length - 4, query[query.length - 3] ?? 0);
  return data === undefined ? undefined : Buffer.from(data).toString('latin1');
}

test('each name and its older twin tell the same, for TXT and for all types, in any case', () => {
  for (const name of ['id.server.', 'HOSTNAME.bind.']) assert.equal(told(`${name} TXT`), '\u0004fra1');
  for (const name of ['version.bind.', 'Version.Server.']) assert.equal(told(`${name} ANY`), '\u000afairlead 1');
});

test('other names and types tell nothing', () => {
  for (const question of [
    'id.server. A',
    'server. TXT',
    'x.id.server. TXT',
    'id.server.test. TXT',
    'id. TXT',
    '. TXT',
  ]) {
    assert.equal(told(question), undefined, question);
  }
});

test('what is absent is not told', () => {
  const query = queryFor('version.bind. TXT');
  assert.equal(findChaosText({ idServer: 'x' }, query, query.length - 4, recordType.TXT), undefined);
});

test('a text of more than 255 octets is cut there', () => {
  assert.equal(told('id.server. TXT', { idServer: 'x'.repeat(300), version: '' }), `\u00ff${'x'.repeat(255)}`);
});

test('any text is told as one string of at most 255 octets', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (idServer) => {
      const query = queryFor('id.server. TXT');
      const data = findChaosText({ idServer }, query, query.length - 4, recordType.TXT);
      const encoded = Buffer.from(idServer);
      assert.ok(data !== undefined);
      assert.equal(data[0], data.length - 1);
      assert.deepEqual(Buffer.from(data.subarray(1)), encoded.subarray(0, 255));
    }),
  );
});
