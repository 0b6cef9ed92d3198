/**
 * The CSV of `show stat`: fields quoted with `"`, a quote inside doubled. Columns are found by the name in the first
 * line, never by position: HAProxy adds columns with each version (management guide §9.1). Pure.
 */
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';

/** One line's fields by column name; a field that the line does not reach is absent. */
export type CsvRecord = ReadonlyMap<string, string>;

/** Parses a table whose first line is `# name,name,…`; the fault says what is wrong, with the line. */
export function parseHaproxyCsv(text: string): Result<readonly CsvRecord[], string> {
  const lines = splitRecords(text);
  if (lines === undefined) return refuse('a quoted field is not closed');
  const [head, ...rows] = lines;
  const first = head?.[0];
  if (head === undefined || first?.startsWith('# ') !== true) {
    return refuse(`expected a first line "# pxname,svname,…", got ${JSON.stringify((first ?? '').slice(0, 80))}`);
  }
  const columns = [first.slice(2), ...head.slice(1)];
  return succeed(rows.map((fields) => recordOf(columns, fields)));
}

function recordOf(columns: readonly string[], fields: readonly string[]): CsvRecord {
  const record = new Map<string, string>();
  for (const [index, column] of columns.entries()) {
    const field = fields[index];
    if (field !== undefined && column !== '') record.set(column, field);
  }
  return record;
}

/** All lines that hold anything, as fields; undefined when the text ends inside a quote. */
function splitRecords(text: string): readonly (readonly string[])[] | undefined {
  const records: string[][] = [];
  let fields: string[] = [];
  let field = '';
  let isQuoted = false;
  const endRecord = (): void => {
    if (fields.length > 0 || field !== '') records.push([...fields, field]);
    fields = [];
    field = '';
  };
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    if (character === '"') {
      if (isQuoted && text.charAt(index + 1) === '"') {
        field += '"';
        index++;
      } else isQuoted = !isQuoted;
    } else if (isQuoted) field += character;
    else if (character === ',') {
      fields.push(field);
      field = '';
    } else if (character === '\n') endRecord();
    else field += character;
  }
  if (isQuoted) return undefined;
  endRecord();
  return records;
}
