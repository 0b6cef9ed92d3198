/**
 * Judges malformed path attributes (RFC 7606): each case is one attribute in an UPDATE that is right in all else, for each
 * sort of peer with the outcome: `accept`, `discard` (the attribute goes, the route stays), `withdraw`, `session-reset`.
 */
import { attributeType, decodeMessage, encodeFrame, Framer, messageType, routesOf } from 'bgp-ts';
import type { DecodedUpdate, UpdateContext } from 'bgp-ts';
import { z } from 'zod';
import type { PlayedFile } from './vector-command.ts';

const vectorSchema = z.object({
  name: z.string(),
  attrType: z.number().int().min(0).max(255).nullable(),
  flags: z.number().int().min(0).max(255),
  valueHex: z.string().regex(/^(?:[0-9a-f]{2})*$/i),
  nextHop: z.ipv4().nullable(),
  outcome: z.record(z.string(), z.string()),
  skip: z.array(z.string()),
});

type Vector = z.infer<typeof vectorSchema>;

const localPrefType = 5;
const prefix = '198.51.100.0/24';

/** Sorts of peers that the vectors name. */
const peers = {
  ebgp: { fourOctetAs: true, isExternal: true },
  ibgp: { fourOctetAs: true, isExternal: false },
} as const satisfies Readonly<Record<string, UpdateContext>>;

/** Plays a file: a JSON list of cases. */
export function playRfc7606(file: string, text: string): PlayedFile {
  let cases: readonly unknown[];
  try {
    cases = z.array(z.unknown()).parse(JSON.parse(text));
  } catch (error) {
    return {
      passed: 0,
      failures: [`${file}: no JSON list: ${error instanceof Error ? error.message : String(error)}`],
    };
  }
  const failures = cases.flatMap((item, index) => {
    const parsed = vectorSchema.safeParse(item);
    if (!parsed.success) return [`${file}[${index}]: malformed: ${z.prettifyError(parsed.error)}`];
    const lines = judgeCase(parsed.data);
    return lines.length === 0 ? [] : [`${file}[${index}]: ${describe(parsed.data)}\n${lines.join('\n')}`];
  });
  return { passed: cases.length - failures.length, failures };
}

function describe({ name, attrType, flags, valueHex, nextHop }: Vector): string {
  if (attrType === null) return `${name}: NEXT_HOP ${nextHop ?? 'of a host'}`;
  return `${name}: attribute ${attrType}, flags 0x${flags.toString(16)}, value ${valueHex || 'empty'}`;
}

/** What differs, one block for each peer; empty where all outcomes are right. */
function judgeCase(vector: Vector): readonly string[] {
  const sorts = Object.entries(vector.outcome).filter(([sort]) => !vector.skip.includes(sort));
  if (sorts.length === 0) return ['  no sort of peer is left to judge'];
  return sorts.flatMap(([sort, expected]) => {
    if (!isPeer(sort)) return [`  ${sort}: unknown, expected ${Object.keys(peers).join(' or ')}`];
    const { outcome, reason } = outcomeOf(vector, peers[sort]);
    return outcome === expected ? [] : [`  ${sort}:`, `    - expected ${expected}`, `    + got ${outcome}${reason}`];
  });
}

function isPeer(sort: string): sort is keyof typeof peers {
  return Object.hasOwn(peers, sort);
}

interface Outcome {
  readonly outcome: string;
  /** Why, with a colon before it, or nothing. */
  readonly reason: string;
}

function outcomeOf(vector: Vector, context: UpdateContext): Outcome {
  const [event] = new Framer().push(faultyUpdate(vector, context));
  if (event?.kind !== 'frame') return { outcome: 'session-reset', reason: `: ${event?.fault.reason ?? 'no message'}` };
  const decoded = decodeMessage(event.frame, context);
  if (!decoded.ok) return { outcome: 'session-reset', reason: `: ${decoded.fault.reason}` };
  if (decoded.value.kind !== 'update') return { outcome: decoded.value.kind, reason: '' };
  const reasons = decoded.value.faults.map((fault) => fault.reason);
  const reason = reasons.length === 0 ? '' : `: ${reasons.join('; ')}`;
  const { announced, withdrawn } = routesOf(decoded.value);
  if (withdrawn.some((route) => route.prefix === prefix)) return { outcome: 'withdraw', reason };
  if (!announced.some((route) => route.prefix === prefix)) return { outcome: 'no route', reason };
  return { outcome: hasMeaning(vector.attrType, decoded.value) ? 'accept' : 'discard', reason };
}

/** Whether the attribute is part of the route: it was not dropped, and something is known of its type. */
function hasMeaning(type: number | null, update: DecodedUpdate): boolean {
  if (type === null) return true;
  const isKnown = new Set<number>(Object.values(attributeType)).has(type);
  return isKnown && !update.faults.some((fault) => fault.attributeType === type);
}

/** The UPDATEs of all cases of a file, as from another AS: octets to damage. */
export function faultyUpdates(text: string): readonly Uint8Array[] {
  const { ebgp } = peers;
  const vectors = z.array(vectorSchema).parse(JSON.parse(text));
  return vectors.map((vector) => faultyUpdate(vector, ebgp));
}

/** An UPDATE for one prefix that is right but for the attribute of the case. */
function faultyUpdate(vector: Vector, context: UpdateContext): Uint8Array {
  const right: readonly (readonly [type: number, attribute: readonly number[]])[] = [
    [1, [0x40, 1, 1, 0]],
    [2, [0x40, 2, 6, 2, 1, 0, 0, 0xfd, 0xe9]],
    [3, [0x40, 3, 4, ...(vector.nextHop ?? '192.0.2.9').split('.').map(Number)]],
    [localPrefType, context.isExternal ? [] : [0x40, localPrefType, 4, 0, 0, 0, 100]],
  ];
  const attributes = right.filter(([type]) => type !== vector.attrType).flatMap(([, attribute]) => attribute);
  const bytes = [...attributes, ...faultyAttribute(vector)];
  return encodeFrame(
    messageType.update,
    Uint8Array.from([0, 0, bytes.length >> 8, bytes.length & 0xff, ...bytes, 24, 198, 51, 100]),
  );
}

function faultyAttribute({ attrType, flags, valueHex }: Vector): readonly number[] {
  if (attrType === null) return [];
  const value = [...Buffer.from(valueHex, 'hex')];
  const isLong = value.length > 255 || (flags & 0x10) !== 0;
  const length = isLong ? [value.length >> 8, value.length & 0xff] : [value.length];
  return [isLong ? flags | 0x10 : flags, attrType, ...length, ...value];
}
