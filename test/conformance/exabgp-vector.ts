/**
 * The form of ExaBGP's messages: each line a JSON object with a whole message in hex, the command that made it, and for
 * many what it means as ExaBGP's JSON. Where there is no JSON, a command for unicast routes is read into the same form.
 */
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { z } from 'zod';

const routeSchema = z.union([
  z.string().transform((nlri) => ({ nlri, 'path-information': undefined })),
  z.looseObject({ nlri: z.string(), 'path-information': z.string().optional() }),
]);

/** Other families have forms of their own, which are not looked at. */
const announcedSchema = z.record(z.string(), z.array(routeSchema)).optional();
const withdrawnSchema = z.array(routeSchema).optional();

/** What an UPDATE means: attributes by ExaBGP's names, announced prefixes by family and next hop, withdrawn ones by family. */
const meaningSchema = z.object({
  attribute: z.record(z.string(), z.unknown()).optional(),
  announce: z.object({ 'ipv4 unicast': announcedSchema, 'ipv6 unicast': announcedSchema }).optional(),
  withdraw: z.object({ 'ipv4 unicast': withdrawnSchema, 'ipv6 unicast': withdrawnSchema }).optional(),
});

/** What an UPDATE means. */
export type Meaning = z.infer<typeof meaningSchema>;

/** One prefix of a meaning. */
export type StatedRoute = z.infer<typeof routeSchema>;

const messageSchema = z.object({ update: meaningSchema.nullish() });

const lineSchema = z.object({
  cmd: z.string().nullish(),
  hex: z.string().regex(/^(?:[0-9a-f]{2})+$/i),
  json: z.object({ neighbor: z.object({ message: messageSchema.nullish() }).nullish() }).nullish(),
});

/** One message. */
export interface ExabgpVector {
  readonly command: string | undefined;
  readonly bytes: Uint8Array;
  /** Of an UPDATE, where anything says it. */
  readonly meaning: Meaning | undefined;
  /** Whether prefixes have path identifiers before them. */
  readonly hasPathIds: boolean;
}

/** Reads a line; the fault says what is wrong with it. */
export function readVector(line: string): Result<ExabgpVector, string> {
  let value: unknown;
  try {
    // Values of extended communities are numbers of 64 bits and more, which JSON.parse would round.
    value = JSON.parse(line.replaceAll(/("value":\s*)(\d{16,})/g, '$1"$2"'));
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
  const parsed = lineSchema.safeParse(value);
  if (!parsed.success) return refuse(z.prettifyError(parsed.error));
  const { cmd, hex, json } = parsed.data;
  const ofCommand = typeof cmd === 'string' && (json ?? undefined) === undefined ? meaningOfCommand(cmd) : undefined;
  return succeed({
    command: cmd ?? undefined,
    bytes: Uint8Array.from(Buffer.from(hex, 'hex')),
    meaning: json?.neighbor?.message?.update ?? ofCommand,
    hasPathIds: line.includes('path-information'),
  });
}

/** Words of a command: a list in brackets is one. */
function wordsOf(command: string): readonly string[] {
  return command.match(/\[[^\]]*\]|\S+/g) ?? [];
}

function listOf(word: string): readonly string[] {
  return word
    .replaceAll(/[[\],()]/g, ' ')
    .split(' ')
    .filter(Boolean);
}

const numbersOf = (word: string): readonly number[] => word.split(':').map(Number);

/** Readers of what stands behind a word of a command, into ExaBGP's JSON. */
const attributeReaders: Readonly<Record<string, (word: string) => unknown>> = {
  origin: (word) => word,
  med: Number,
  'local-preference': Number,
  'as-path': (word) => ({ 0: { element: 'as-sequence', value: listOf(word).map(Number) } }),
  community: (word) => listOf(word).map(numbersOf),
  'large-community': (word) => listOf(word).map(numbersOf),
  'extended-community': (word) => listOf(word).map((string) => ({ string })),
  'originator-id': (word) => word,
  'cluster-list': listOf,
  aggregator: (word) => word,
  aigp: Number,
};

/** The meaning of `announce route …`; undefined for a command that is about something else, or says more than is read here. */
export function meaningOfCommand(command: string): Meaning | undefined {
  const [verb, ...words] = wordsOf(command);
  if (verb !== 'announce' && verb !== 'withdraw') return undefined;
  const nlri = words[0] === 'route' ? words[1] : words[1] === 'unicast' ? words[2] : undefined;
  if (nlri === undefined) return undefined;
  const family = nlri.includes(':') ? 'ipv6 unicast' : 'ipv4 unicast';
  const rest = words.slice(words[0] === 'route' ? 2 : 3);
  if (verb === 'withdraw') return { withdraw: { [family]: [{ nlri }] } };
  const attribute: Record<string, unknown> = {};
  let nextHop = '';
  while (rest.length > 0) {
    const name = rest.shift() ?? '';
    if (name === 'atomic-aggregate') attribute[name] = true;
    else {
      const word = rest.shift();
      if (word === undefined || (name !== 'next-hop' && attributeReaders[name] === undefined)) return undefined;
      if (name === 'next-hop') nextHop = word;
      else attribute[name] = attributeReaders[name]?.(word);
    }
  }
  return { attribute, announce: { [family]: { [nextHop]: [{ nlri }] } } };
}
