/** House rules that no linter has, so that they fail like one. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const tracked = execFileSync('git', ['ls-files', 'src', 'scripts', 'bench'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((path) => path.endsWith('.ts'));
const sources = tracked.filter((path) => !path.endsWith('.test.ts') && !path.includes('/test/'));
const read = (path: string): string => readFileSync(new URL(path, `file://${root}`), 'utf8');

test('every file begins by saying what it is', () => {
  const silent = sources.filter((path) => !/^(#!.*\n)?(\/\*\*|\/\/) ?\S*/.test(read(path)));
  assert.deepEqual(silent, []);
});

test('no source is unfinished by its own words', () => {
  const marks = sources.filter((path) => /\b(TODO|FIXME|XXX|HACK)\b/.test(read(path)));
  assert.deepEqual(marks, []);
});

test('no file has grown past what one can read', () => {
  const long = sources.flatMap((path) => {
    const lines = read(path).split('\n').length;
    return lines > 420 ? [`${path}: ${lines} lines`] : [];
  });
  assert.deepEqual(long, []);
});

test('tests are neither skipped nor narrowed in silence', () => {
  const narrowed = tracked.filter((path) => /\b(test|it|describe)\.(only|todo)\b/.test(read(path)));
  assert.deepEqual(narrowed, []);
});
