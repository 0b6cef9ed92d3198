/**
 * Plays cases of the Ferret form: each line a JSON object with a zone, a question, and the whole answer that reference
 * servers agree on. Answered in process, with minimal responses off, since the references give full ones.
 */
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { z } from 'zod';
import { parseType } from '#dns/wire/constants.ts';
import { encodeQuery } from '#dns/wire/message.ts';
import { parseName } from '#dns/wire/name.ts';
import { canonicalFlags, canonicalRecord, canonicalReply, differences, lineSet, sections } from './canonical.ts';
import type { CanonicalReply } from './canonical.ts';
import { answerFrom } from './in-process.ts';

/** One line of a file; other keys may stand beside. */
const caseSchema = z.object({
  id: z.union([z.number(), z.string()]).optional(),
  zone: z.string(),
  qname: z.string(),
  qtype: z.string(),
  rcode: z.string(),
  flags: z.array(z.string()),
  answer: z.array(z.string()),
  authority: z.array(z.string()),
  additional: z.array(z.string()),
});
type FerretCase = z.infer<typeof caseSchema>;

/** How a file did; each failure says where it stands and what differed. */
export interface FerretOutcome {
  readonly passed: number;
  readonly failures: readonly string[];
}

/** Plays every line of a file that is not blank. */
export function playFerret(file: string, text: string): FerretOutcome {
  const failures: string[] = [];
  let passed = 0;
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const where = `${file}:${index + 1}`;
    const fault = playLine(line);
    if (fault === undefined) passed++;
    else failures.push(`${where}: ${fault}`);
  }
  return { passed, failures };
}

/** What is wrong with one line or its answer; undefined where nothing is. */
function playLine(line: string): string | undefined {
  const read = readCase(line);
  if (!read.ok) return `malformed: ${read.fault}`;
  const { question, zone, query, expected } = read.value;
  const ask = answerFrom([{ file: 'zone', text: zone }], { isMinimal: false });
  if (!ask.ok) return `${question}\n${indent(`the zone does not load:\n${ask.fault}`)}`;
  const reply = ask.value(query, 'tcp');
  const got = canonicalReply(reply);
  if (!got.ok) return `${question}\n${indent(`the reply does not parse: ${got.fault}`)}`;
  const lines = differences(expected, got.value);
  return lines.length === 0 ? undefined : `${question}\n${indent(lines.join('\n'))}`;
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '  ');
}

/** A case as it is played. */
interface ReadyCase {
  /** For people. */
  readonly question: string;
  readonly zone: string;
  readonly query: Uint8Array;
  readonly expected: CanonicalReply;
}

function readCase(line: string): Result<ReadyCase, string> {
  const read = parseCase(line);
  if (!read.ok) return read;
  const { id, zone, qname, qtype, rcode, flags } = read.value;
  const name = parseName(qname);
  if (!name.ok) return refuse(`qname: "${qname}" is not a name: ${name.fault}`);
  const type = parseType(qtype);
  if (type === undefined) return refuse(`qtype: "${qtype}" is not a type`);
  const flagNames = canonicalFlags(flags);
  if (flagNames === undefined) return refuse(`flags: "${flags.join(' ')}" has one that no reply has`);
  const lines = { answer: [] as string[], authority: [] as string[], additional: [] as string[] };
  for (const section of sections) {
    for (const [index, text] of read.value[section].entries()) {
      const record = canonicalRecord(text);
      if (!record.ok) return refuse(`${section}[${index}]: ${record.fault}`);
      lines[section].push(record.value);
    }
  }
  const expected = {
    rcode,
    flags: flagNames,
    doubles: [],
    answer: lineSet(lines.answer),
    authority: lineSet(lines.authority),
    additional: lineSet(lines.additional),
  };
  const label = id === undefined ? '' : `case ${id}: `;
  return succeed({
    question: `${label}${qname} ${qtype}`,
    zone,
    query: encodeQuery(1, { name: name.value, type }),
    expected,
  });
}

function parseCase(line: string): Result<FerretCase, string> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
  const parsed = caseSchema.safeParse(value);
  if (parsed.success) return succeed(parsed.data);
  const [issue] = parsed.error.issues;
  return refuse(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a case'}`);
}
