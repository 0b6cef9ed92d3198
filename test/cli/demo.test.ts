/** `fairlead demo` as a process, on a copy of the repo's own example. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { addressesOf } from './ask.ts';
import { startFairlead } from './fairlead-process.ts';
import { copyOfExample } from './scope.ts';

test(
  'a demo that cannot be told to stop a site says so and answers all the same',
  { timeout: 60_000 },
  async (context) => {
    const { directory, sites } = copyOfExample(context);
    mkdirSync(join(directory, 'var/fra/demo.sock'), { recursive: true });
    const demo = startFairlead(context, ['demo'], directory);
    await demo.untilLogged(/In another terminal, try/);
    // Said on standard error, which may be read later than standard output.
    await demo.untilLogged(/stop and start are not taken on .*demo\.sock: /);
    assert.deepEqual((await addressesOf(sites.fra, 'www.example.com.')).toSorted(), [sites.fra, sites.iad].toSorted());
    demo.signal('SIGTERM');
    assert.equal(await demo.ended(), 0);
  },
);
