import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { parseSample } from './sample.ts';

const recorded = readFileSync(new URL('sample-2.6.12.txt', import.meta.url), 'utf8');

test('the words of HAProxy 2.6.12 are read as typed rows', () => {
  const sample = parseSample(recorded);
  assert.ok(sample.ok, sample.ok ? '' : sample.fault);
  assert.deepEqual(sample.value.info, {
    pid: 18190,
    startTimeSeconds: 1795230905,
    uptimeSeconds: 2,
    isStopping: false,
    version: '2.6.12-1+deb12u4',
  });
  assert.deepEqual(
    sample.value.rows.map(
      (row) => `${row.kind} ${row.proxy}${row.kind === 'server' ? `/${row.name}` : ''} ${row.status}`,
    ),
    [
      'frontend fe_www OPEN',
      'server be_www/web1 DRAIN',
      'server be_www/web2 DOWN',
      'server be_www/spare UP',
      'backend be_www UP',
      'server be_nocheck/a no check',
      'server be_nocheck/b MAINT',
      'backend be_nocheck UP',
      'backend be_empty UP',
    ],
  );
  assert.deepEqual(
    sample.value.rows.find((row) => row.kind === 'server' && row.name === 'web2'),
    {
      kind: 'server',
      proxy: 'be_www',
      name: 'web2',
      status: 'DOWN',
      isBackup: false,
      weight: 1,
      userWeight: 1,
      sessions: 0,
      sessionLimit: 100,
      checkStatus: 'L4CON',
      lastCheck: 'Connection refused',
    },
  );
});

test('a running check shows the last result with a mark, which is left out', () => {
  const sample = parseSample(recorded.replace(',L4CON,', ',* L4CON,'));
  assert.ok(sample.ok);
  assert.ok(sample.value.rows.some((row) => row.kind === 'server' && row.checkStatus === 'L4CON'));
});

test('answers that are no sample are refused with what was expected', () => {
  const rows: [text: string, fault: RegExp][] = [
    ['', /expected the table of "show stat"/],
    ['Permission denied\n\n', /Permission denied/],
    ['Name: HAProxy\n\n# pxname,svname\nfe,FRONTEND\n', /no line "Pid/],
    ['Pid: 7\n\n# pxname,svname\nfe,FRONTEND\n', /no column type, status/],
    ['Pid: 7\n\n# pxname,"svname\n', /not closed/],
  ];
  for (const [text, fault] of rows) {
    const sample = parseSample(text);
    assert.ok(!sample.ok, text);
    assert.match(sample.fault, fault);
  }
});

test('an answer cut short at any place is refused or read, never thrown over', () => {
  for (let length = 0; length < recorded.length; length += 7) parseSample(recorded.slice(0, length));
});
