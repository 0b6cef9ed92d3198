import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import type { IpPrefix } from '#base/ip.ts';
import { subjectKey } from '#health/model.ts';
import type { DurableState } from '#decide/effects.ts';
import { blankState, readState, writeState } from './state-file.ts';

const state: DurableState = {
  verdicts: [{ subject: subjectKey('www', 'fra', 4), state: 'down', reason: 'no usable server' }],
  overrides: [],
  anchors: [{ prefix: '203.0.113.0/24' as IpPrefix, holds: false }],
  prefixes: [
    {
      prefix: '203.0.113.0/24' as IpPrefix,
      state: 'withdrawn',
      hasFailed: true,
      returns: { tokens: 0.5, level: 2, holdMs: 60_000 },
      nextHop: 'self',
      export: { med: 10, communities: ['64500:1'], draining: { prepend: 5 } },
    },
  ],
  bulk: [{ prefix: '198.51.100.0/24' as IpPrefix, restMs: 60_000 }],
  announcingAtUnixMs: 1_790_000_000_000,
  failovers: [
    {
      service: 'www',
      record: {
        tier: 'iad',
        revision: 3,
        sinceUnixMs: 1_790_000_000_000,
        cause: 'health',
        site: 'iad',
        who: 'fairlead',
        reason: 'fra is down',
      },
      tiers: [{ tier: 'fra', isUp: false, forMs: 60_000 }],
    },
  ],
  ramps: [{ subject: subjectKey('www', 'fra', 4), step: 3 }],
  sheds: [{ service: 'www', site: 'fra', shed: 32 }],
};

test('what is written is read back, and no temporary file is left', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-state-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'state.json');
  assert.deepEqual(readState(path), { state: blankState, complaint: undefined });
  writeState(path, state);
  assert.deepEqual(readState(path), { state, complaint: undefined });
  assert.deepEqual(readdirSync(folder), ['state.json']);
});

test('a file that cannot be read is set aside and said so, and nothing is lost', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-state-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'state.json');
  for (const text of ['{"version":1,"verdicts":[', '{"version":2}', '']) {
    writeFileSync(path, text);
    const read = readState(path);
    assert.deepEqual(read.state, blankState);
    assert.match(read.complaint ?? '', /cannot be read .* set aside as .*\.unreadable/);
    assert.equal(readFileSync(`${path}.unreadable`, 'utf8'), text);
  }
});

test('of a file with a bad field the section is set aside and the rest is used, anchors with their prefixes', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-state-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'state.json');
  const rows: readonly (readonly [object, Partial<DurableState>, RegExp])[] = [
    [
      { verdicts: [{ subject: 'www/fra/4', state: 'sideways', reason: '' }] },
      { verdicts: [] },
      /^verdicts of \S+ cannot be read \(verdicts\.0\.state: .*\); kept in \S+\.unreadable, starting without them$/,
    ],
    [{ ramps: 'none' }, { ramps: [] }, /^ramps of /],
    [{ anchors: [{ prefix: 1 }] }, { anchors: [], prefixes: [], bulk: [] }, /^anchors, prefixes, bulk of /],
    [
      // What was announced is announced again, whether a release has it or not: no other text may come so far.
      { prefixes: state.prefixes.map((each) => ({ ...each, prefix: '203.0.113.1/24' })) },
      { anchors: [], prefixes: [], bulk: [] },
      /^anchors, prefixes, bulk of .*prefixes\.0\.prefix: expected a canonical prefix/,
    ],
    [
      { overrides: undefined, sheds: [{ service: 'www', site: 'fra', shed: -1 }] },
      { overrides: [], sheds: [] },
      /^overrides, sheds of .*overrides: .*sheds\.0\.shed: /,
    ],
  ];
  for (const [damage, blank, complaint] of rows) {
    const text = JSON.stringify({ version: 1, ...state, ...damage });
    writeFileSync(path, text);
    const read = readState(path);
    assert.deepEqual(read.state, { ...state, ...blank });
    assert.match(read.complaint ?? '', complaint);
    assert.equal(readFileSync(`${path}.unreadable`, 'utf8'), text);
    // Until it is written again, the sound part stays where a restart finds it.
    assert.equal(readFileSync(path, 'utf8'), text);
  }
});

test('what a later version lets routes carry costs no anchor at a downgrade', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-state-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'state.json');
  const prefixes = state.prefixes.map((each) => ({ ...each, export: { med: 10, colour: 'red' } }));
  writeFileSync(path, JSON.stringify({ version: 1, ...state, prefixes }));
  const read = readState(path);
  assert.equal(read.complaint, undefined);
  assert.deepEqual(read.state.anchors, state.anchors);
  assert.deepEqual(
    read.state.prefixes.map(({ prefix, export: carried }) => [prefix, carried]),
    state.prefixes.map(({ prefix }) => [prefix, undefined]),
  );
});

test('a file of before failover, slow start and load is read, and says nothing of them', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-state-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'state.json');
  const { verdicts, overrides, anchors } = state;
  writeFileSync(path, JSON.stringify({ version: 1, verdicts, overrides, anchors }));
  assert.deepEqual(readState(path), { state: { ...blankState, verdicts, anchors }, complaint: undefined });
});
