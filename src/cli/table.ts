/** Text tables for terminals: aligned columns, no boxes, and colour only where a person looks at it. */

/** What a colour means. */
export type Tone = 'good' | 'bad' | 'dim';

/** Colours text, or leaves it alone. */
export type Paint = (tone: Tone, text: string) => string;

const codes = { good: 32, bad: 31, dim: 2 } as const;

/** Colours for a stream that is a terminal, unless `NO_COLOR` is set (no-color.org). */
export function paintFor(stream: { readonly isTTY?: boolean }, environment: NodeJS.ProcessEnv = process.env): Paint {
  const isPlain = stream.isTTY !== true || (environment['NO_COLOR'] ?? '') !== '';
  return isPlain ? plain : (tone, text) => `\x1b[${codes[tone]}m${text}\x1b[0m`;
}

/** Leaves text alone. */
export const plain: Paint = (_tone, text) => text;

/** Writes rows under their headers, each column as wide as its widest cell; nothing where there are no rows. */
export function formatTable(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const lines = [headers, ...rows];
  const widths = headers.map((_, column) => Math.max(...lines.map((line) => widthOf(line[column] ?? ''))));
  return lines
    .map((line) =>
      line
        .map((cell, column) => pad(cell, widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function pad(cell: string, width: number): string {
  return cell + ' '.repeat(Math.max(0, width - widthOf(cell)));
}

/** Colours take no room. */
function widthOf(cell: string): number {
  return cell.replace(/\x1b\[\d+m/g, '').length;
}
