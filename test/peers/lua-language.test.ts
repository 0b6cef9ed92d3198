/** The language of LUA records held against the real LuaJIT: what each case gives is what it gives there. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import test from 'node:test';
import { languageCases } from '../../src/lua/language/language-cases.fixture.ts';

const separator = '\u0001';

/** What is missing for this test; undefined when nothing is. In CI that is an error. */
function missingLuaJit(): string | undefined {
  if (spawnSync('luajit', ['-v']).error === undefined) return undefined;
  const what = 'LuaJIT is missing: apt-get install -y luajit';
  if (process.env['CI'] === 'true') throw new Error(what);
  return what;
}

/** A Lua string of any text. */
function quote(text: string): string {
  return `"${[...Buffer.from(text, 'latin1')].map((octet) => `\\${String(octet).padStart(3, '0')}`).join('')}"`;
}

test('LuaJIT gives for each case of the language what is written there', { skip: missingLuaJit() ?? false }, () => {
  const rows = languageCases.flatMap((cases) => cases.rows);
  const programs = rows.map(([code]) => (code.startsWith(';') ? code.slice(1) : `return tostring(${code})`));
  const script = `for _, code in ipairs({${programs.map(quote).join(',')}}) do
    local compiled, why = loadstring(code)
    local ok, result = pcall(compiled or error, why)
    io.write(tostring(result), "${separator}")
  end`;
  const run = spawnSync('luajit', ['-'], { input: script, encoding: 'latin1', timeout: 20_000 });
  assert.equal(run.status, 0, run.stderr);
  const results = run.stdout.split(separator).slice(0, -1);
  assert.deepEqual(
    results.map((result, index) => [rows[index]?.[0], result]),
    rows,
  );
});
