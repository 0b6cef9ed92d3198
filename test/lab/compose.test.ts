import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { composeText } from './compose.ts';

const path = new URL('../../docker-compose.yml', import.meta.url);

test('docker-compose.yml is the world of the lab', () => {
  assert.equal(readFileSync(path, 'utf8'), composeText(), 'run: node scripts/lab-compose.ts --write');
});

const isMissing = spawnSync('docker-compose', ['version']).error !== undefined;
const help = 'docker-compose is missing: apt-get install -y docker-compose';

test('docker-compose accepts docker-compose.yml', { skip: isMissing && process.env['CI'] !== 'true' && help }, () => {
  assert.ok(!isMissing, help);
  const { status, stderr } = spawnSync('docker-compose', ['--file', path.pathname, 'config', '--quiet'], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
});
