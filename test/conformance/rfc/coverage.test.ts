/** docs/rfc-coverage.md against the tests that it names: neither claims what the other does not have. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';

const root = new URL('../../../', import.meta.url);
/** Where tests are that go by the sections of an RFC: those of DNS, and those of the BGP library. */
const folders = ['test/conformance/rfc/', 'src/bgp-ts/test/rfc/'];
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

/** The names of a file's tests; what a name puts in is written `…`. */
function testNames(path: string): readonly string[] {
  const names = read(path).matchAll(
    /^\s*(?:void )?test\(\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`)/gm,
  );
  return Array.from(names, ([, single = '', double = '', template = '']) =>
    (single + double + template.replaceAll(/\$\{[^}]*\}/g, '…')).replaceAll(/\\(.)/g, '$1'),
  );
}

/** Every “name” of the page, with the file that it is said to be in: its own, or that of the section. */
function claims(): readonly (readonly [path: string, name: string])[] {
  let sectionFile = '';
  const found: (readonly [string, string])[] = [];
  for (const line of read('docs/rfc-coverage.md').split('\n')) {
    const heading = /^Tests: `([^`]+)`/.exec(line);
    if (heading !== null) sectionFile = heading[1] ?? '';
    for (const [, file, name = ''] of line.matchAll(/(?:`([^`]+\.test\.ts)`: )?“([^”]+)”/g)) {
      found.push([file ?? sectionFile, name]);
    }
  }
  return found;
}

test('every test that the page names is there', () => {
  const missing = claims().filter(
    ([path, name]) => !testNames(path).some((known) => known === name || known.endsWith(`: ${name}`)),
  );
  assert.deepEqual(missing, []);
  assert.ok(claims().length > 100);
});

test('every test of an RFC stands on the page', () => {
  const named = new Set(claims().map(([path, name]) => `${path} ${name}`));
  for (const folder of folders) {
    const files = readdirSync(new URL(folder, root)).filter((file) => /^rfc\d+\.test\.ts$/.test(file));
    const unnamed = files.flatMap((file) =>
      testNames(folder + file).filter((name) => !named.has(`${folder}${file} ${name.replace(/^RFC .*?: /, '')}`)),
    );
    assert.deepEqual(unnamed, []);
    assert.ok(files.length > 5, folder);
  }
});
