/**
 * Replies in a form that can be compared: response code, flags, and each section as a set of lines, names in lower
 * case (RFC 4343), TTLs as they are. OPT is told apart.
 */
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { flag, parseType, rcodeName, recordType, typeName } from '#dns/wire/constants.ts';
import { decodeMessage } from '#dns/wire/message.ts';
import type { MessageRecord } from '#dns/wire/message.ts';
import { formatName, parseName } from '#dns/wire/name.ts';
import { formatRdata, parseRdata } from '#dns/wire/rdata.ts';

export const sections = ['answer', 'authority', 'additional'] as const;

/** A reply; the lines of each section are sorted and without doubles. */
export interface CanonicalReply extends Readonly<Record<(typeof sections)[number], readonly string[]>> {
  readonly rcode: string;
  /** In the order of the header. */
  readonly flags: readonly string[];
  /** Records that stand in one section more than once, which no reply should have. */
  readonly doubles: readonly string[];
}

/** The bits of the second header word that a reply may have set, in the order of the header. */
const flagBits = [
  ['QR', flag.response],
  ['AA', flag.authoritative],
  ['TC', flag.truncated],
  ['RD', flag.recursionDesired],
  ['RA', 0x0080],
  ['Z', 0x0040],
  ['AD', 0x0020],
  ['CD', flag.checkingDisabled],
] as const;

/** Types whose data is names and numbers, so that case means nothing in its text. */
const caseless = new Set<number>([
  recordType.NS,
  recordType.CNAME,
  recordType.SOA,
  recordType.PTR,
  recordType.MX,
  recordType.SRV,
  recordType.DNAME,
]);

/** Decodes a reply's octets; the fault says what is wrong with them. */
export function canonicalReply(bytes: Uint8Array): Result<CanonicalReply, string> {
  const decoded = decodeMessage(bytes);
  if (!decoded.ok) return refuse(`octet ${decoded.fault.offset}: ${decoded.fault.message}`);
  const { flags, rcode, answers, authorities, additionals } = decoded.value;
  const lines = [answers, authorities, additionals].map((records) => records.map(recordLine));
  const [answer = [], authority = [], additional = []] = lines;
  return succeed({
    rcode: rcodeName(rcode),
    flags: flagBits.filter(([, bit]) => (flags & bit) !== 0).map(([name]) => name),
    doubles: lines.flatMap((section) => section.filter((line, index) => section.indexOf(line) < index)),
    answer: lineSet(answer),
    authority: lineSet(authority),
    additional: lineSet(additional),
  });
}

/** Flags by name, as a reply has them; undefined where one is unknown. */
export function canonicalFlags(names: readonly string[]): readonly string[] | undefined {
  const known = flagBits.map(([name]) => name).filter((name) => names.includes(name));
  return known.length === new Set(names).size ? known : undefined;
}

/** Sorted, each line once. */
export function lineSet(lines: readonly string[]): readonly string[] {
  return [...new Set(lines)].sort();
}

function recordLine({ owner, ttlSeconds, type, rdata }: MessageRecord): string {
  const data = formatRdata(type, rdata);
  const line = `${formatName(owner).toLowerCase()} ${ttlSeconds} IN ${typeName(type)}`;
  return `${line} ${caseless.has(type) ? data.toLowerCase() : data}`;
}

/** Brings `OWNER TTL IN TYPE DATA`, all names absolute, into the same form; the fault says what is wrong. */
export function canonicalRecord(line: string): Result<string, string> {
  const words = line.match(/"(?:\\.|[^"\\])*"|(?:\\.|[^\s"\\])+/gs) ?? [];
  const [ownerText = '', ttlText = '', classText, typeText = '', ...dataWords] = words;
  const owner = parseName(ownerText);
  if (!owner.ok) return refuse(`"${ownerText}" is not a name: ${owner.fault}`);
  if (!/^\d{1,10}$/.test(ttlText)) return refuse(`"${ttlText}" is not a TTL in seconds`);
  if (classText !== 'IN') return refuse(`got class "${classText ?? ''}", expected "IN"`);
  const type = parseType(typeText);
  if (type === undefined) return refuse(`"${typeText}" is not a record type`);
  const tokens = dataWords.map((word) =>
    word.startsWith('"') ? { text: word.slice(1, -1), quoted: true } : { text: word, quoted: false },
  );
  const rdata = parseRdata(type, tokens);
  if (!rdata.ok) return refuse(`data of ${typeText}: ${rdata.fault.message}`);
  return succeed(recordLine({ owner: owner.value, ttlSeconds: Number(ttlText), type, class: 1, rdata: rdata.value }));
}

/** What differs, one line each; empty where the replies are equal. */
export function differences(expected: CanonicalReply, got: CanonicalReply): readonly string[] {
  const lines = got.doubles.map((line) => `twice: ${line}`);
  if (expected.rcode !== got.rcode) lines.push(`rcode: expected ${expected.rcode}, got ${got.rcode}`);
  const flags = [expected.flags, got.flags].map((list) => list.join(' ') || 'none');
  if (flags[0] !== flags[1]) lines.push(`flags: expected ${flags[0] ?? ''}, got ${flags[1] ?? ''}`);
  for (const section of sections) {
    const missing = expected[section].filter((line) => !got[section].includes(line));
    const extra = got[section].filter((line) => !expected[section].includes(line));
    const common = expected[section].filter((line) => !missing.includes(line));
    if (missing.length + extra.length === 0) continue;
    lines.push(`${section}:`, ...common.map((line) => `    ${line}`));
    lines.push(...missing.map((line) => `  - expected ${line}`), ...extra.map((line) => `  + got ${line}`));
  }
  return lines;
}
