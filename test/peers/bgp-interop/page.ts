/** The matrix as a table of docs/rfc-coverage.md, and whether the page says what was found. */
import { readFileSync, writeFileSync } from 'node:fs';
import { daemonNames } from './daemon.ts';
import type { Cell } from './matrix.ts';
import { rows } from './matrix.ts';

const page = new URL('../../../docs/rfc-coverage.md', import.meta.url);
const begin = '<!-- matrix of test/peers/bgp-interop/main.ts --write -->';
const end = '<!-- end of the matrix -->';

/** The table, as prettier formats it; a cell that was not run is empty. */
export function renderMatrix(cells: readonly Cell[]): string {
  const outcome = (row: string, daemon: string): string =>
    cells.find((cell) => cell.row === row && cell.daemon === daemon)?.outcome ?? '';
  const lines = rows.map(({ name }) => [name, ...daemonNames.map((daemon) => outcome(name, daemon))]);
  const table = [['what', ...daemonNames], ...lines];
  const widths = ['what', ...daemonNames].map((_, column) =>
    Math.max(...table.map((line) => line[column]?.length ?? 0)),
  );
  const text = table.map((line) => `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`);
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [...text.slice(0, 1), rule, ...text.slice(1)].join('\n');
}

function split(): { readonly before: string; readonly table: string; readonly after: string } {
  const text = readFileSync(page, 'utf8');
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from === -1 || to === -1) throw new Error(`docs/rfc-coverage.md has no "${begin}" and "${end}"`);
  return {
    before: text.slice(0, from + begin.length),
    table: text.slice(from + begin.length, to),
    after: text.slice(to),
  };
}

/** Puts the matrix between the marks of the page. */
export function writePage(cells: readonly Cell[]): void {
  const { before, after } = split();
  writeFileSync(page, `${before}\n\n${renderMatrix(cells)}\n\n${after}`);
}

/** Lines about cells in which page and run differ. */
export function compareWithPage(cells: readonly Cell[]): readonly string[] {
  const kept = split().table.trim().split('\n');
  const found = renderMatrix(cells).split('\n');
  const lines = Array.from({ length: Math.max(kept.length, found.length) }, (_, index) => index);
  return lines.flatMap((index) =>
    kept[index] === found[index]
      ? []
      : [`page:  ${kept[index] ?? '(nothing)'}`, `found: ${found[index] ?? '(nothing)'}`],
  );
}
