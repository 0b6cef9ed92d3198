import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import fc from 'fast-check';
import { formatProblem } from './problem.ts';
import { decodeRelease, encodeRelease, readReleaseFiles, releaseDigest, releaseFiles } from './release-files.ts';

const fileName = fc.stringMatching(/^[a-z][a-z0-9.-]{0,9}$/);
const path = fc.oneof(
  fileName.map((name) => `sites/${name}.yaml`),
  fileName.map((name) => `zones/${name}.yaml`),
  fileName.map((name) => `zones/${name}.zone`),
);
const entries = fc.uniqueArray(fc.tuple(path, fc.string({ unit: 'grapheme' })), { selector: ([key]) => key });

test('decoding gives back what was encoded, and the order of files does not matter to the digest', () => {
  fc.assert(
    fc.property(entries, (list) => {
      const files = releaseFiles(list);
      const decoded = decodeRelease(encodeRelease(files));
      assert.ok(decoded.ok);
      assert.deepEqual([...decoded.value], [...files]);
      assert.equal(releaseDigest(releaseFiles(list.toReversed())), releaseDigest(files));
    }),
  );
});

test('any bytes are a release or a reason', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array(),
        fc.json().map((json) => new TextEncoder().encode(json)),
      ),
      (bytes) => {
        const decoded = decodeRelease(bytes);
        assert.ok(decoded.ok || decoded.fault.length > 0);
      },
    ),
  );
});

const files = releaseFiles([['sites/fra.yaml', 'site: fra\n']]);

for (const [name, bytes, reason] of [
  ['cut short', encodeRelease(files).subarray(0, -2), /^the object is no release/],
  ['with white space', new TextEncoder().encode(`${new TextDecoder().decode(encodeRelease(files))}\n`), /canonical/],
  ['of another format', new TextEncoder().encode('{"format":"x","files":{}}'), /fairlead-release-1/],
  ['with a path outside', encodeRelease(releaseFiles([['sites/../../etc/x.yaml', '']])), /got the path/],
] as const) {
  test(`an object ${name} is refused`, () => {
    const decoded = decodeRelease(bytes);
    assert.equal(decoded.ok, false);
    assert.match(decoded.fault, reason);
  });
}

test('a changed text changes the digest', () => {
  assert.notEqual(releaseDigest(releaseFiles([['sites/fra.yaml', 'site: fra \n']])), releaseDigest(files));
  assert.match(releaseDigest(files), /^[0-9a-f]{64}$/);
});

function directory(context: TestContext, contents: Readonly<Record<string, string | Uint8Array>>): string {
  const path = mkdtempSync(join(tmpdir(), 'fairlead-release-'));
  context.after(() => rmSync(path, { recursive: true }));
  for (const [name, text] of Object.entries(contents)) {
    mkdirSync(join(path, name, '..'), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return path;
}

test('reading takes the files of a release and leaves others alone', (context) => {
  const path = directory(context, {
    'sites/fra.yaml': 'a',
    'sites/.fra.yaml.swp': 'x',
    'zones/www.yaml': 'b',
    'zones/example.com.zone': 'c',
    'zones/README.md': 'x',
    'fairlead.yaml': 'x',
  });
  const read = readReleaseFiles(path);
  assert.ok(read.ok);
  assert.deepEqual(
    [...read.value],
    [
      ['sites/fra.yaml', 'a'],
      ['zones/example.com.zone', 'c'],
      ['zones/www.yaml', 'b'],
    ],
  );
});

test('a missing folder, a .yml and a file that is not UTF-8 are refused together', (context) => {
  const path = directory(context, { 'zones/a.yml': '', 'zones/b.zone': new Uint8Array([0xff, 0xfe]) });
  const read = readReleaseFiles(path);
  assert.equal(read.ok, false);
  assert.deepEqual(
    read.fault.map((problem) => formatProblem(problem).replace(path, 'DIR')),
    [
      'sites/: cannot read DIR/sites: there is no such file',
      "zones/a.yml: expected a name that ends in '.yaml'",
      'zones/b.zone: the file is not UTF-8',
    ],
  );
});
