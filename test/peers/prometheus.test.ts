/** The `prometheus` check against a real Prometheus that scrapes itself. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { PrometheusKind } from '#health/check-kind.ts';
import { freePort } from '../../src/bgp-ts/test/free-port.ts';
import { checkOf, run } from '../../src/probe/checks.fixture.ts';
import type { Outcome } from '../../src/probe/outcome.ts';

/** Why it cannot run here; under CI nothing is skipped. */
const isMissing =
  process.env['CI'] === 'true' || spawnSync('prometheus', ['--version']).error === undefined
    ? false
    : 'Prometheus is missing: apt-get install -y prometheus';

/** A Prometheus that is ready; `stop` ends it and resolves when it is gone. */
async function startPrometheus(
  context: TestContext,
): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const directory = mkdtempSync(join(tmpdir(), 'fairlead-prometheus-'));
  const port = await freePort();
  const config = join(directory, 'prometheus.yml');
  const target = `127.0.0.1:${port}`;
  writeFileSync(
    config,
    `global: { scrape_interval: 2s, scrape_timeout: 2s }
scrape_configs: [{ job_name: self, static_configs: [{ targets: ['${target}'] }] }]
`,
  );
  const files = [`--config.file=${config}`, `--storage.tsdb.path=${join(directory, 'data')}`];
  const child = spawn('prometheus', [...files, `--web.listen-address=${target}`, '--log.level=error'], {
    stdio: 'ignore',
  });
  const exited = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.kill();
    await exited;
  };
  context.after(async () => {
    await stop();
    rmSync(directory, { recursive: true });
  });
  return { url: `http://${target}`, stop };
}

test(
  'a real Prometheus answers expressions; what it cannot answer is no evidence',
  { skip: isMissing },
  async (context) => {
    const { url, stop } = await startPrometheus(context);
    const ask = (expression: string, bounds: Partial<PrometheusKind> = {}): Promise<Outcome> =>
      run(checkOf({ kind: 'prometheus', url, expression, ...bounds }, Number(new URL(url).port)));
    // Its first scrape of itself says that it is there; it tells nobody when that is done.
    const own = 'up{instance="$address:$port"}';
    let first = await ask(own);
    for (let attempt = 0; !first.passed && attempt < 150; attempt++) {
      await pause(100);
      first = await ask(own);
    }
    assert.deepEqual(first, { passed: true, reason: 'value 1' });
    assert.deepEqual(await ask(own, { above: 0 }), { passed: true, reason: 'value 1' });
    assert.deepEqual(await ask(own, { above: 1 }), { passed: false, reason: 'value 1, expected above 1' });
    assert.deepEqual(await ask(`${own} == 0`), { passed: false, reason: 'no sample' });
    assert.deepEqual(await ask('vector(7)', { below: 8 }), { passed: true, reason: 'value 7' });
    assert.deepEqual(await ask('1 / 0', { above: 5 }), { passed: true, reason: 'value Infinity' });
    assert.deepEqual(await ask('scalar(vector(0))'), { passed: false, reason: 'value 0' });
    const unread = await ask('up{');
    assert.equal(unread.unable, true);
    assert.match(unread.reason, /^Prometheus says: .*parse error/);
    const range = await ask('up[1m]');
    assert.deepEqual(range, { passed: false, reason: 'status 200, not an answer of the query API', unable: true });
    await stop();
    const gone = await ask(own);
    assert.equal(gone.unable, true);
    assert.match(gone.reason, /^Prometheus cannot be asked: connect .* refused$/);
  },
);
