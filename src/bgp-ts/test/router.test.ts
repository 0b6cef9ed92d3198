import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { Router, routerIsMissing } from './router.ts';

void test(
  'routers can follow each other without a pause, and nothing is left of the last one',
  { skip: routerIsMissing, timeout: 60_000 },
  async () => {
    let device = '';
    for (let count = 0; count < 10; count++) {
      await using router = await Router.start([1], () => '');
      device = router.link.device;
    }
    assert.equal(spawnSync('ip', ['link', 'show', device]).status, 1);
  },
);
