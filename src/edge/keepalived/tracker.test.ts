import assert from 'node:assert/strict';
import test from 'node:test';
import type { IpAddress } from '#base/ip.ts';
import { vipReportSchema } from '#health/report.ts';
import { createKeepalivedTracker } from './tracker.ts';
import type { KeepalivedInput } from './tracker.ts';

const vip = '10.66.1.100' as IpAddress;
const vip6 = '2001:db8::100' as IpAddress;

const addresses = (...present: IpAddress[]): KeepalivedInput => ({ kind: 'addresses', present: new Set(present) });
const notice = (state: 'MASTER' | 'BACKUP' | 'STOP', instance = 'VI_1'): KeepalivedInput => ({
  kind: 'notice',
  notice: { instance, state, priority: 100 },
});

/** Steps a new tracker; each row is what, and per address whether owned and the state. */
function play(rows: readonly (readonly [input: KeepalivedInput, expected: readonly string[] | undefined])[]): void {
  const tracker = createKeepalivedTracker([{ instance: 'VI_1', addresses: [vip, vip6] }]);
  for (const [input, expected] of rows) {
    const reports = tracker.step(input);
    for (const report of reports ?? []) vipReportSchema.parse(report);
    assert.deepEqual(
      reports?.map(({ owned, state }) => `${owned ? 'owned' : 'absent'} ${state}`),
      expected,
    );
  }
}

test('presence is told at once, the state is unknown until heard', () => {
  play([
    [addresses(vip), ['owned unknown', 'absent unknown']],
    [notice('MASTER'), ['owned MASTER', 'absent MASTER']],
    [addresses(vip, vip6), ['owned MASTER', 'owned MASTER']],
    [addresses(), ['absent MASTER', 'absent MASTER']],
    [notice('BACKUP'), ['absent BACKUP', 'absent BACKUP']],
  ]);
});

test('nothing is told before the addresses were looked at', () => {
  play([
    [notice('MASTER'), undefined],
    [addresses(), ['absent MASTER', 'absent MASTER']],
  ]);
});

test('a lost FIFO makes the state unknown and leaves presence alone; after STOP it stays STOP', () => {
  play([
    [addresses(vip), ['owned unknown', 'absent unknown']],
    [notice('MASTER'), ['owned MASTER', 'absent MASTER']],
    [{ kind: 'fifoLost' }, ['owned unknown', 'absent unknown']],
    [notice('STOP'), ['owned STOP', 'absent STOP']],
    [{ kind: 'fifoLost' }, ['owned STOP', 'absent STOP']],
    [notice('BACKUP'), ['owned BACKUP', 'absent BACKUP']],
  ]);
});

test('an instance that is not in the config changes nothing', () => {
  play([
    [addresses(vip), ['owned unknown', 'absent unknown']],
    [notice('MASTER', 'VI_2'), ['owned unknown', 'absent unknown']],
  ]);
});
