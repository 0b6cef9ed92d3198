import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { compileRelease } from '#config/release.ts';
import { createCheckingZoneReader } from '#config/zone-reader.ts';
import { configDirectory, coordinatorFiles } from './render/release.ts';
import { sites } from './world.ts';

for (const site of sites) {
  test(`the release of the lab is one that ${site.id} would run`, () => {
    const files = coordinatorFiles(site)
      .map(({ path, text }) => [path.slice(configDirectory.length + 1), text] as const)
      .filter(([path]) => path.includes('/'));
    const compiled = compileRelease(new Map(files), { site: site.id, readZone: createCheckingZoneReader() });
    assert.deepEqual(compiled.ok ? [] : compiled.fault, []);
    if (!compiled.ok) return;
    assert.deepEqual(
      compiled.value.steering.endpoints.map((endpoint) => endpoint.answer).sort(),
      sites.map((each) => each.vip).sort(),
    );
  });
}
