/**
 * Compiles bgp-ts to dist/ (.js and .d.ts) and makes dist/ a package of its own, so that `npm pack ./dist` gives what is
 * published. Run: `node scripts/build.ts [OUTPUT_FOLDER]`, default dist/ beside package.json.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const home = resolve(import.meta.dirname, '..');
const output = resolve(process.argv[2] ?? resolve(home, 'dist'));

rmSync(output, { recursive: true, force: true });
const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');
execFileSync(process.execPath, [compiler, '-p', resolve(home, 'tsconfig.build.json'), '--outDir', output], {
  stdio: 'inherit',
});

const manifest: unknown = JSON.parse(readFileSync(resolve(home, 'package.json'), 'utf8'));
if (typeof manifest !== 'object' || manifest === null) throw new Error('package.json is not an object');
const published = {
  ...Object.fromEntries(Object.entries(manifest).filter(([key]) => key !== 'scripts')),
  engines: { node: '>=22' },
  bin: { 'bgp-ts': 'control/main.js' },
  exports: { '.': { types: './index.d.ts', default: './index.js' } },
};
writeFileSync(resolve(output, 'package.json'), `${JSON.stringify(published, null, 2)}\n`);
for (const name of ['README.md', 'LICENSE']) cpSync(resolve(home, name), resolve(output, name));
