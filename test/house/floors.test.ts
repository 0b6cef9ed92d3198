/** The rules of .dependency-cruiser.mjs themselves: each kind of import that must fail does, on a house made for it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Runs the floors check on a house of these files and returns what it prints, and whether it passed. */
async function cruise(files: Readonly<Record<string, string>>): Promise<{ passed: boolean; output: string }> {
  const house = mkdtempSync(join(tmpdir(), 'fairlead-house-'));
  try {
    for (const name of ['.dependency-cruiser.mjs', 'tsconfig.json', 'package.json'])
      cpSync(join(root, name), join(house, name));
    symlinkSync(join(root, 'node_modules'), join(house, 'node_modules'));
    for (const [path, text] of Object.entries({ 'src/base/ground.ts': 'export const ground = 1;\n', ...files })) {
      mkdirSync(dirname(join(house, path)), { recursive: true });
      writeFileSync(join(house, path), text);
    }
    const cruiser = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
    const args = [cruiser, '--config', '.dependency-cruiser.mjs', '--output-type', 'err', 'src'];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: house });
    return { passed: true, output: stdout };
  } catch (error) {
    const output = error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error);
    return { passed: false, output };
  } finally {
    rmSync(house, { recursive: true });
  }
}

const importing = (path: string): string => `import { thing } from '${path}';\nexport const other = thing;\n`;
const thing = 'export const thing = 1;\n';

test('an import from a floor below passes', async () => {
  const { passed, output } = await cruise({ 'src/dns/a.ts': importing('#base/b.ts'), 'src/base/b.ts': thing });
  assert.ok(passed, output);
});

const refused = [
  ['up the floors', 'floor-of-dns', { 'src/dns/a.ts': importing('#lua/b.ts'), 'src/lua/b.ts': thing }],
  [
    'up the floors by a relative path',
    'floor-of-dns',
    { 'src/dns/a.ts': importing('../lua/b.ts'), 'src/lua/b.ts': thing },
  ],
  ['sideways', 'floor-of-dns', { 'src/dns/a.ts': importing('#health/b.ts'), 'src/health/b.ts': thing }],
  [
    'out of bgp-ts',
    'bgp-ts-stands-alone',
    { 'src/bgp-ts/src/a.ts': importing('../../base/b.ts'), 'src/base/b.ts': thing },
  ],
  [
    'from a room without a floor',
    'unknown-room',
    { 'src/attic/a.ts': importing('#base/b.ts'), 'src/base/b.ts': thing },
  ],
  [
    'in a circle',
    'no-cycles',
    {
      'src/base/a.ts': importing('./b.ts'),
      'src/base/b.ts': `import { other } from './a.ts';\nexport const thing = () => other;\n`,
    },
  ],
  [
    'of a development dependency',
    'no-dev-dependencies-at-run-time',
    { 'src/base/a.ts': `import fc from 'fast-check';\nexport const other = fc;\n` },
  ],
] as const;

for (const [what, rule, files] of refused) {
  test(`an import ${what} fails`, async () => {
    const { passed, output } = await cruise(files);
    assert.equal(passed, false, output);
    assert.match(output, new RegExp(`error ${rule}`));
  });
}
