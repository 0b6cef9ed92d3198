import assert from 'node:assert/strict';
import test from 'node:test';
import { formatDuration, parseDurationMs } from './time.ts';

test('durations carry their unit, and a bare number is refused', () => {
  const rows: [text: string, ms: number | undefined][] = [
    ['500ms', 500],
    ['30s', 30_000],
    ['2h30m', 9_000_000],
    ['1w', 604_800_000],
    ['0s', 0],
    ['30', undefined],
    ['-1s', undefined],
    ['1.5s', undefined],
    ['5 s', undefined],
    ['99999999999999999w', undefined],
    ['', undefined],
  ];
  for (const [text, ms] of rows) assert.equal(parseDurationMs(text), ms, text);
});

test('durations are written with the precision that a person needs', () => {
  const rows: [ms: number, text: string][] = [
    [-5, '0ms'],
    [350, '350ms'],
    [2500, '2.5s'],
    [3000, '3s'],
    [41_200, '41s'],
    [192_000, '3m12s'],
    [7_500_000, '2h05m'],
    [273_600_000, '3d4h'],
  ];
  for (const [ms, text] of rows) assert.equal(formatDuration(ms), text);
});
