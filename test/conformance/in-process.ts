/**
 * The answer function with zones behind it, in process: the one place of the conformance tests that knows how zones
 * are loaded and answered from.
 */
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { createAnswerer } from '#dns/answer/answerer.ts';
import type { AnswerClient, AnswererOptions } from '#dns/answer/answerer.ts';
import { createGeneration } from '#dns/answer/generation.ts';
import { rootName } from '#dns/wire/name.ts';
import type { DynamicCompiler } from '#dns/zone/dynamic.ts';
import { buildImage } from '#dns/zone/image-builder.ts';
import { formatZoneProblem } from '#dns/zone/problem.ts';
import { readZone } from '#dns/zone/read-zone.ts';
import type { ZoneData } from '#dns/zone/zone-data.ts';

/** A master file; names without a last dot are completed with the root. */
export interface ZoneText {
  readonly file: string;
  readonly text: string;
}

/** Gives the reply to a message; no octets mean silence. The reply is the caller's. */
export type Ask = (query: Uint8Array, transport?: AnswerClient['transport']) => Uint8Array;

/** How the server answers, as in its own options; without `compile` a zone with code is refused. */
export interface AskOptions extends AnswererOptions {
  readonly compile?: DynamicCompiler;
}

/** Octets of the largest reply over TCP. */
export const replyBytes = 65_535;

/** The answer function itself, for those who bring their own buffers. */
export type RawAnswer = (
  query: Uint8Array,
  length: number,
  transport: AnswerClient['transport'],
  out: Uint8Array,
) => number;

/** Loads zones and gives their answer function; the fault is every problem, one a line. */
export function answerRaw(
  zones: readonly ZoneText[],
  { compile = refuseCode, ...options }: AskOptions = {},
): Result<RawAnswer, string> {
  const loaded: ZoneData[] = [];
  const problems: string[] = [];
  for (const { file, text } of zones) {
    const result = readZone({ file, text, origin: rootName }, { compile });
    if (result.zone !== undefined) loaded.push(result.zone);
    else problems.push(...result.problems.map(formatZoneProblem));
  }
  if (problems.length > 0) return refuse(problems.join('\n'));
  const { answer } = createAnswerer(createGeneration(buildImage(loaded), { compile }), options);
  const common = { address: Uint8Array.of(192, 0, 2, 99), unixMs: 0, idleTimeoutMs: 10_000 };
  const clients = { udp: { ...common, transport: 'udp' as const }, tcp: { ...common, transport: 'tcp' as const } };
  return succeed((query, length, transport, out) => answer(query, length, clients[transport], out));
}

const refuseCode: DynamicCompiler = () => refuse({ message: 'no code runs here', offset: 0 });

/** Loads zones and gives a function that answers from them; the fault is every problem, one a line. */
export function answerFrom(zones: readonly ZoneText[], options: AskOptions = {}): Result<Ask, string> {
  const raw = answerRaw(zones, options);
  if (!raw.ok) return raw;
  const out = new Uint8Array(replyBytes);
  return succeed((query, transport = 'udp') => out.slice(0, raw.value(query, query.length, transport, out)));
}
