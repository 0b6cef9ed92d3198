/**
 * The steps of a service's policy as written into steps that run: names into members, places into rules; and whether
 * each has something to do where it stands.
 */
import type { MemberName, PolicyStep } from '#steering/policy/model.ts';
import { plainSteps } from '#steering/policy/schema.ts';
import type { StepFields } from '#steering/policy/schema.ts';
import { readGeo } from './geo-rules.ts';
import { didYouMean } from './nearest.ts';
import type { DocumentPath, Problem } from './problem.ts';
import { joinOr } from './schema-shape.ts';
import type { Roster } from './service-members.ts';
import type { ServiceConfig } from './service.ts';

const stepNames: readonly string[] = [...plainSteps, 'failover', 'geo', 'take'];
const defaultPrefix = { ipv4: 24, ipv6: 56 };

/** Where faults of one step are told. */
export interface StepReader {
  readonly roster: Roster;
  /** Tells a fault at a place below the step. */
  readonly fail: (message: string, below?: DocumentPath, at?: 'key' | 'value') => void;
  /** The members that words mean; each unknown word is told at its place. */
  readonly members: (words: string | readonly string[], below: DocumentPath) => readonly MemberName[];
}

/** Reads the steps of a service; those that are wrong are left out and told. */
export function readSteps(
  { place, fields }: ServiceConfig,
  roster: Roster,
): { readonly steps: readonly PolicyStep[]; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const read = (fields.policy ?? []).flatMap((written, index) => {
    const reader = readerAt(['policy', index], roster, (message, at, path) => {
      problems.push(place.problem(message, at, path));
    });
    const step = readStep(written, reader);
    return step === undefined ? [] : [{ step, index }];
  });
  const steps = read.map(({ step }) => step);
  if (problems.length === 0) {
    for (const { step, index } of read) {
      const fault =
        orderFault(step, steps, steps.indexOf(step)) ?? weightFault(step, roster) ?? loadFault(step, fields);
      if (fault !== undefined) problems.push(place.problem(fault, 'value', ['policy', index]));
    }
  }
  return { steps, problems };
}

function readerAt(
  path: DocumentPath,
  roster: Roster,
  tell: (message: string, at: 'key' | 'value', path: DocumentPath) => void,
): StepReader {
  const fail: StepReader['fail'] = (message, below = [], at = 'value') => tell(message, at, [...path, ...below]);
  return {
    roster,
    fail,
    members: (words, below) => {
      const list = typeof words === 'string' ? [words] : words;
      const found = list.flatMap((word, index) => {
        const members = roster.find(word);
        if (members === undefined) fail(roster.fault(word), typeof words === 'string' ? below : [...below, index]);
        return members ?? [];
      });
      return [...new Set(found)];
    },
  };
}

function readStep(written: StepFields, reader: StepReader): PolicyStep | undefined {
  if (typeof written === 'string') return readWord(written, reader);
  const [name, other] = Object.keys(written);
  if (name === undefined || other !== undefined) {
    const got = name === undefined ? 'an empty map' : `'${name}' and '${other ?? ''}' as one step`;
    reader.fail(`got ${got}, expected one step with its name as the key`);
    return undefined;
  }
  const { failover, geo, nearest, latency, load, sticky, take } = written;
  if (take !== undefined) return { kind: 'take', count: take };
  if (sticky !== undefined) return { kind: 'sticky', prefixBits: sticky.prefix };
  if (load !== undefined) return { kind: 'load', prefixBits: load.prefix };
  if (nearest !== undefined) return { kind: 'nearest', bias: readBias(nearest.bias, ['nearest', 'bias'], reader) };
  if (latency !== undefined) return { kind: 'latency', bias: readBias(latency.bias, ['latency', 'bias'], reader) };
  if (geo !== undefined) return readGeo(geo, reader);
  return failover === undefined ? undefined : readFailover(failover, reader);
}

function readWord(word: string, { fail }: StepReader): PolicyStep | undefined {
  const name = plainSteps.find((each) => each === word);
  switch (name) {
    case 'nearest':
    case 'latency':
      return { kind: name, bias: new Map() };
    case 'load':
    case 'sticky':
      return { kind: name, prefixBits: defaultPrefix };
    case undefined:
      break;
    default:
      return { kind: name };
  }
  if (stepNames.includes(word)) fail(`'${word}' needs more than its name, expected a map such as ${exampleOf(word)}`);
  else
    fail(`no step '${word}', expected ${joinOr(stepNames.map((each) => `'${each}'`))}${didYouMean(word, stepNames)}`);
  return undefined;
}

function exampleOf(word: string): string {
  if (word === 'take') return "'take: 2'";
  return word === 'failover' ? "'failover: [fra, iad]'" : "'geo: { continent: { EU: fra }, fallback: any }'";
}

function readBias(
  written: Readonly<Record<string, number>>,
  below: DocumentPath,
  { members }: StepReader,
): ReadonlyMap<MemberName, number> {
  return new Map(
    Object.entries(written).flatMap(([word, bias]) =>
      members(word, [...below, word]).map((name) => [name, bias] as const),
    ),
  );
}

function readFailover(tiers: readonly (string | readonly string[])[], reader: StepReader): PolicyStep | undefined {
  const { roster, fail } = reader;
  const read = tiers.map((tier, index) => reader.members(tier, ['failover', index]));
  for (const [index, tier] of read.entries()) {
    const before = new Set(read.slice(0, index).flat());
    for (const name of tier) {
      if (before.has(name)) fail(`'${name}' is in a tier before already, expected it in one`, ['failover', index]);
    }
  }
  const missing = roster.names.filter((name) => !read.some((tier) => tier.includes(name)));
  if (missing.length > 0) {
    const text = missing.map((name) => `'${name}'`).join(', ');
    fail(`${text} ${missing.length === 1 ? 'is' : 'are'} in no tier, expected every member in one`, ['failover']);
  }
  return { kind: 'failover', tiers: read };
}

const orders: readonly PolicyStep['kind'][] = ['weighted', 'shuffle', 'nearest', 'latency', 'sticky'];

/** Why a step has nothing to do where it stands. */
function orderFault(step: PolicyStep, steps: readonly PolicyStep[], at: number): string | undefined {
  const { kind } = step;
  const before = steps.slice(0, at);
  if (kind === 'up')
    return at === 0 ? undefined : "'up' goes without saying and comes first, expected it there or not at all";
  if (kind === 'failover') {
    const isFirst = before.every((each) => each.kind === 'up');
    if (!isFirst) return "'failover' decides for all clients alike, expected it as the first step";
  }
  if (kind === 'take') {
    return before.at(-1)?.kind === 'take' ? "'take' follows 'take', expected one of them" : undefined;
  }
  const lastTake = before.findLastIndex((each) => each.kind === 'take');
  const taken = before[lastTake];
  if (taken?.kind === 'take' && taken.count === 1) {
    return `'${kind}' has nothing left to choose among after 'take: 1', expected it before`;
  }
  if (!orders.includes(kind)) {
    const isRepeated = before.some((each) => each.kind === kind);
    return isRepeated ? `'${kind}' is given twice, expected it once` : undefined;
  }
  const lost = before.slice(lastTake + 1).find((each) => orders.includes(each.kind));
  if (lost === undefined) return undefined;
  return `'${kind}' puts everything in a new order, so that '${lost.kind}' before it does nothing, expected 'take' between them`;
}

function weightFault({ kind }: PolicyStep, roster: Roster): string | undefined {
  if (kind !== 'weighted' && kind !== 'sticky') return undefined;
  const isWeightless = !roster.isPartial && roster.names.every((name) => roster.weightOf(name) === 0);
  return isWeightless ? `every member has weight 0, expected one to have more` : undefined;
}

function loadFault({ kind }: PolicyStep, { targetLoad }: ServiceConfig['fields']): string | undefined {
  if (kind !== 'load' || targetLoad !== undefined) return undefined;
  return "'load' hands nothing on without a target, expected 'targetLoad' in this service";
}
