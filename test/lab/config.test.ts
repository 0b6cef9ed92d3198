import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadAgentConfig } from '#agent/config.ts';
import { loadMachine } from '#config/machine.ts';
import { readReleaseFiles } from '#config/release-files.ts';
import { compileRelease } from '#config/release.ts';
import { readZones } from '#config/zone-reader.ts';
import { writeHostFiles } from './render/write.ts';
import { sites } from './world.ts';

const folder = mkdtempSync(join(tmpdir(), 'fairlead-lab-'));
after(() => rmSync(folder, { recursive: true }));
writeHostFiles(folder);

for (const site of sites) {
  const directory = join(folder, site.coordinator.name, 'etc/fairlead');

  test(`${site.coordinator.name} accepts its own config`, () => {
    const machine = loadMachine(directory);
    assert.deepEqual(machine.ok ? [] : machine.fault.problems, []);
  });

  test(`${site.coordinator.name} would run the release of the lab`, () => {
    const files = readReleaseFiles(directory);
    assert.ok(files.ok);
    const compiled = compileRelease(files.value, { site: site.id, zones: readZones(files.value).readings });
    assert.deepEqual(compiled.ok ? [] : compiled.fault, []);
  });

  for (const { name } of site.nodes) {
    test(`the agent of ${name} accepts its config`, () => {
      const agent = loadAgentConfig(join(folder, name, 'etc/fairlead/agent.yaml'));
      assert.deepEqual(agent.ok ? [] : agent.fault, []);
    });
  }
}
