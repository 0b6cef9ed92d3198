import assert from 'node:assert/strict';
import test from 'node:test';
import type { MonoMs, UnixMs } from '#base/time.ts';
import { supersedes, tierIndexOf } from './failover-record.ts';
import type { FailoverRecord } from './failover-record.ts';
import { nextTier, preferredTier, stepFailover } from './failover.ts';
import type { FailoverLook, TierLook } from './failover.ts';
import type { FailoverModes } from './policy/model.ts';

const auto: FailoverModes = { failover: { kind: 'auto' }, failback: { kind: 'auto' } };
const handBack: FailoverModes = { failover: { kind: 'auto' }, failback: { kind: 'manual' } };
const byHand: FailoverModes = { failover: { kind: 'manual' }, failback: { kind: 'manual' } };

/** A tier that is `+` up, `-` down by probes, `!` down by its own word, or `d` drained. */
function tier(key: string, state: string): TierLook {
  return {
    key,
    isUp: state === '+',
    isSurelyOut: state === '!' || state === 'd',
    isDrained: state === 'd',
    since: 0 as MonoMs,
    reason: state === '+' ? '' : 'it is out',
  };
}

interface Case {
  readonly what: string;
  /** The states of tiers a, b and c. */
  readonly tiers: string;
  readonly active: number;
  readonly modes?: FailoverModes;
  readonly cause?: FailoverRecord['cause'];
  /** What each coordinator that is heard sees up, such as `ab`. */
  readonly votes: readonly string[];
  readonly voterCount: number;
  /** Such as `move 1`, `hold 1 votes` or `stay`. */
  readonly expected: string;
}

const record: FailoverRecord = {
  tier: 'b',
  revision: 4,
  sinceUnixMs: 1000,
  cause: 'health',
  site: 'fra',
  who: 'fairlead',
  reason: 'a is down',
};

const cases: readonly Case[] = [
  { what: 'nothing is due', tiers: '++', active: 0, votes: ['ab'], voterCount: 1, expected: 'stay' },
  { what: 'nothing else is up', tiers: '--', active: 0, votes: [''], voterCount: 1, expected: 'stay' },
  { what: 'its own word needs no vote', tiers: '!+', active: 0, votes: [], voterCount: 3, expected: 'move 1' },
  { what: 'one of one sees it', tiers: '-+', active: 0, votes: ['b'], voterCount: 1, expected: 'move 1' },
  { what: 'one of two sees it', tiers: '-+', active: 0, votes: ['b'], voterCount: 2, expected: 'hold 1 votes' },
  { what: 'one against one', tiers: '-+', active: 0, votes: ['b', 'ab'], voterCount: 2, expected: 'hold 1 votes' },
  { what: 'both see it', tiers: '-+', active: 0, votes: ['b', 'b'], voterCount: 2, expected: 'move 1' },
  { what: 'two of three', tiers: '-+', active: 0, votes: ['b', 'b', 'ab'], voterCount: 3, expected: 'move 1' },
  { what: 'two of four', tiers: '-+', active: 0, votes: ['b', 'b'], voterCount: 4, expected: 'hold 1 votes' },
  { what: 'the next is down too', tiers: '!-+', active: 0, votes: [], voterCount: 1, expected: 'move 2' },
  {
    what: 'a person says when',
    tiers: '!+',
    active: 0,
    modes: byHand,
    votes: [],
    voterCount: 1,
    expected: 'hold 1 mode',
  },
  { what: 'a drain is a person', tiers: 'd+', active: 0, modes: byHand, votes: [], voterCount: 3, expected: 'move 1' },
  {
    what: 'a drain with all down',
    tiers: 'd-',
    active: 0,
    modes: byHand,
    votes: [],
    voterCount: 3,
    expected: 'move 1',
  },
  { what: 'everything is drained', tiers: 'dd', active: 0, votes: [], voterCount: 1, expected: 'stay' },
  { what: 'the first is up again', tiers: '++', active: 1, votes: ['ab', 'ab'], voterCount: 3, expected: 'move 0' },
  { what: 'too few to return', tiers: '++', active: 1, votes: ['ab'], voterCount: 2, expected: 'hold 0 votes' },
  { what: 'one is against', tiers: '++', active: 1, votes: ['ab', 'ab', 'b'], voterCount: 3, expected: 'hold 0 votes' },
  {
    what: 'return by hand',
    tiers: '++',
    active: 1,
    modes: handBack,
    votes: ['ab'],
    voterCount: 1,
    expected: 'hold 0 mode',
  },
  {
    what: 'a person chose it',
    tiers: '++',
    active: 1,
    cause: 'operator',
    votes: ['ab'],
    voterCount: 1,
    expected: 'hold 0 mode',
  },
  {
    what: 'a person chose it, it died',
    tiers: '+!',
    active: 1,
    cause: 'operator',
    votes: [],
    voterCount: 1,
    expected: 'move 0',
  },
  {
    what: 'it died, return by hand',
    tiers: '+!',
    active: 1,
    modes: handBack,
    votes: [],
    voterCount: 1,
    expected: 'hold 0 mode',
  },
  {
    what: 'it died, on to the next',
    tiers: '+!+',
    active: 1,
    modes: handBack,
    votes: [],
    voterCount: 1,
    expected: 'move 2',
  },
  { what: 'it died, back by itself', tiers: '+!+', active: 1, votes: [], voterCount: 1, expected: 'move 0' },
  { what: 'a better one than the first', tiers: '-++', active: 2, votes: ['bc'], voterCount: 1, expected: 'move 1' },
];

for (const { what, tiers, active, modes = auto, cause = 'health', votes, voterCount, expected } of cases) {
  test(`R27: ${what}: ${tiers} with tier ${active} active`, () => {
    const look: FailoverLook = {
      tiers: Array.from(tiers, (state, index) => tier('abc'.charAt(index), state)),
      active,
      record: { ...record, cause },
      modes,
      ballots: votes.map((up, index) => ({ voter: `v${index}`, up: Array.from(up) })),
      voterCount,
      moment: { nowMs: 1000 as MonoMs, unixMs: 0 as UnixMs },
    };
    const step = stepFailover(look);
    const by = step.kind === 'hold' ? ` ${step.by}` : '';
    assert.equal(step.kind === 'stay' ? 'stay' : `${step.kind} ${step.to}${by}`, expected);
  });
}

test('without a name a person goes to the next tier that is up, or back to the first one before', () => {
  const tiers = [tier('a', '-'), tier('b', '+'), tier('c', '-'), tier('d', '+')];
  assert.deepEqual([nextTier(tiers, 1), preferredTier(tiers, 3)], [3, 1]);
  assert.deepEqual([nextTier(tiers, 3), preferredTier(tiers, 0)], [undefined, undefined]);
  const down = [tier('a', 'd'), tier('b', '-'), tier('c', 'd'), tier('d', '-')];
  assert.deepEqual([nextTier(down, 1), preferredTier(down, 3)], [3, 1]);
});

test('of two records all keep the same one, whichever they hear first', () => {
  const worse: readonly FailoverRecord[] = [
    { ...record, revision: 3, cause: 'operator', sinceUnixMs: 9999 },
    { ...record, cause: 'health', sinceUnixMs: 9999 },
    { ...record, cause: 'drain', sinceUnixMs: 9999 },
    { ...record, cause: 'operator', sinceUnixMs: 999 },
    { ...record, cause: 'operator', site: 'ams' },
  ];
  const better: FailoverRecord = { ...record, cause: 'operator' };
  assert.equal(supersedes(better, undefined), true);
  assert.equal(supersedes(better, better), false);
  for (const other of worse) {
    assert.equal(supersedes(better, other), true, JSON.stringify(other));
    assert.equal(supersedes(other, better), false, JSON.stringify(other));
  }
});

test('a record means the tier of its name, else one with a member of it, else the first', () => {
  const named: FailoverRecord = { ...record, tier: 'iad+ord' };
  assert.equal(tierIndexOf(named, [['fra'], ['iad', 'ord']]), 1);
  assert.equal(tierIndexOf(named, [['fra'], ['ams'], ['ord']]), 2);
  assert.equal(tierIndexOf(named, [['fra'], ['ams']]), 0);
  assert.equal(tierIndexOf(undefined, [['fra'], ['ams']]), 0);
});
