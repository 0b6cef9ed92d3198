/** Real named-checkzone (bind9-utils) against our checks: the same zones load, the same are refused. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { refuse } from '#base/result.ts';
import { parseName } from '#dns/wire/name.ts';
import { readZone } from '#dns/zone/read-zone.ts';
import { lines } from '#dns/zone/read-zone.fixture.ts';
import { checkzoneCases } from './dns-checkzone-cases.ts';

const run = promisify(execFile);
const install = 'named-checkzone is missing: apt-get install -y bind9-utils';
const isMissing = spawnSync('named-checkzone', ['-v']).error !== undefined;
if (isMissing && process.env['CI'] === 'true') throw new Error(install);
const options = { skip: isMissing ? install : false, timeout: 120_000 };

function directory(context: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'fairlead-checkzone-'));
  context.after(() => rmSync(path, { recursive: true }));
  return path;
}

function read(text: string): ReturnType<typeof readZone> {
  const origin = parseName('example.com.');
  assert.ok(origin.ok);
  const compile = (): ReturnType<typeof refuse<{ message: string; offset: number }>> =>
    refuse({ message: 'no code here', offset: 0 });
  return readZone({ file: 'example.com.zone', text, origin: origin.value }, { compile });
}

test(
  'a zone is refused just where named-checkzone refuses it, but for what differs on purpose',
  options,
  async (context) => {
    const file = join(directory(context), 'zone');
    for (const { title, text, differs } of checkzoneCases) {
      writeFileSync(file, text);
      // Not looking up servers of other zones changes no judgement: it only warns of them.
      const theirs = await run('named-checkzone', ['-i', 'local', 'example.com', file]).then(
        () => 'loads',
        () => 'refused',
      );
      const ours = read(text).zone === undefined ? 'refused' : 'loads';
      if (differs === undefined) assert.equal(ours, theirs, title);
      else assert.notEqual(ours, theirs, `${title}: ${differs}`);
    }
  },
);

test('$GENERATE gives the records that named-compilezone gives', options, async (context) => {
  const path = directory(context);
  const head = '$TTL 300\n@ SOA a.test. b.test. 1 3600 600 86400 60\n@ NS ns.test.\n';
  const text = [
    '$GENERATE 0-300/7 h$ A 10.0.0.1',
    '$GENERATE 1-9/3 ${0,3} 60 IN CNAME $.${10,5,o}.test.',
    '$GENERATE 250-260 x${1,4,X} IN 70 MX "${0,1} m\\$${0,0,x}.test."',
    '$GENERATE 4094-4098 ${0,7,n}.${-4000,1,N}.nibble PTR h$$.${0,0,n}.test.',
    '$GENERATE 1-3 @ TXT "a b$" ; two strings',
    '$GENERATE 1-3 o TYPE65280 "\\# 1 0$"',
    '$GENERATE 0-2 n${-1,4} A 192.0.2.1',
  ].join('\n');
  writeFileSync(join(path, 'zone'), `${head}${text}\n`);
  const args = ['-k', 'ignore', '-i', 'none', '-s', 'full', '-o', join(path, 'out'), 'example.com', join(path, 'zone')];
  await run('named-compilezone', args);
  const ours = read(head + text);
  const theirs = read(readFileSync(join(path, 'out'), 'utf8'));
  assert.deepEqual(ours.problems, []);
  assert.deepEqual(lines(ours.zone).toSorted(), lines(theirs.zone).toSorted());
  assert.equal(lines(ours.zone).length, 73);
});
