/**
 * Turns what zod finds wrong into faults that a person can act on: which place of the document, the value in quotes,
 * what was expected, and for an unknown key the nearest known one.
 */
import type { z } from 'zod';
import { didYouMean, nearestWord } from './nearest.ts';
import type { DocumentPath } from './problem.ts';
import { childValue, describeSchema, describeValue, joinOr, knownKeys, schemasAt } from './schema-shape.ts';

type Issue = z.core.$ZodIssue;

/** A fault with its place as a path, and whether that means the key or the value there. */
export interface SchemaFault {
  readonly path: DocumentPath;
  readonly at: 'key' | 'value';
  /** The path to show: for a key that is wrong, the map that it stands in. */
  readonly shown: DocumentPath;
  readonly message: string;
}

/** What was validated: the schema of the whole document, and its value before validation. */
export interface Validated {
  readonly schema: z.core.$ZodType;
  readonly value: unknown;
}

/** Describes all issues of one validation. A missing key that an unknown one beside it clearly meant is not said twice. */
export function describeIssues(issues: readonly Issue[], validated: Validated): readonly SchemaFault[] {
  const flat = issues.flatMap((issue) => flatten(issue, validated));
  const meant = new Set(
    flat.filter(isUnrecognized).flatMap((issue) => {
      const path = documentPath(issue);
      const known = knownKeys(validated.schema, path, validated.value);
      return issue.keys.map((key) => JSON.stringify([...path, nearestWord(key, known) ?? '']));
    }),
  );
  return flat
    .filter((issue) => !(isMissing(issue, validated) && meant.has(JSON.stringify(documentPath(issue)))))
    .flatMap((issue) => describe(issue, validated));
}

function describe(issue: Issue, validated: Validated): readonly SchemaFault[] {
  const path = documentPath(issue);
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey([...path, key], validated));
  if (isMissing(issue, validated)) {
    const message = `missing key '${String(path.at(-1))}', expected ${expectation(issue, validated)}`;
    return [valueFault(path.slice(0, -1), message)];
  }
  const value = valueAt(validated.value, path);
  if (issue.code === 'invalid_key') {
    const why = issue.issues.map((inner) => describeConstraint(inner)).join(', ');
    return [keyFault(path, `got the key '${String(path.at(-1))}', expected ${why}`)];
  }
  const hint = typeof value === 'string' ? didYouMean(value, expectedWords(issue)) : '';
  return [valueFault(path, `got ${describeValue(value)}, expected ${expectation(issue, validated)}${hint}`)];
}

function unknownKey(path: DocumentPath, validated: Validated): SchemaFault {
  const key = String(path.at(-1));
  const known = knownKeys(validated.schema, path.slice(0, -1), validated.value);
  const hint = didYouMean(key, known);
  const rest = hint === '' && known.length > 0 ? `, known here: ${known.join(', ')}` : hint;
  return keyFault(path, `unknown key '${key}'${rest}`);
}

function valueFault(path: DocumentPath, message: string): SchemaFault {
  return { path, at: 'value', shown: path, message };
}

function keyFault(path: DocumentPath, message: string): SchemaFault {
  return { path, at: 'key', shown: path.slice(0, -1), message };
}

/**
 * Replaces a union that nothing matched by the faults of the alternative that was meant: one that accepts the value's
 * kind and keys. Where none does, the issue stays and names every alternative.
 */
function flatten(issue: Issue, validated: Validated): readonly Issue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  const meant = issue.errors
    .filter((issues) => !issues.some(isAboutItself))
    .toSorted((a, b) => a.length - b.length)
    .at(0);
  if (meant === undefined) return commonUnknownKeys(issue);
  return meant.flatMap((inner) => flatten({ ...inner, path: [...issue.path, ...inner.path] }, validated));
}

/** The keys that no alternative of a union knows; or the issue itself, where keys are not what is wrong. */
function commonUnknownKeys(issue: Extract<Issue, { code: 'invalid_union' }>): readonly Issue[] {
  const lists = issue.errors.flatMap((issues) =>
    issues.filter((inner) => inner.path.length === 0 && isUnrecognized(inner)),
  );
  const [first, ...others] = lists.filter(isUnrecognized).map(({ keys }) => keys);
  const keys = (first ?? []).filter((key) => others.every((other) => other.includes(key)));
  return keys.length === 0 ? [issue] : [{ code: 'unrecognized_keys', keys, path: issue.path, message: '' }];
}

function isAboutItself(issue: Issue): boolean {
  return issue.path.length === 0 && ['invalid_type', 'invalid_value', 'unrecognized_keys'].includes(issue.code);
}

function isUnrecognized(issue: Issue): issue is Extract<Issue, { code: 'unrecognized_keys' }> {
  return issue.code === 'unrecognized_keys';
}

function isMissing(issue: Issue, validated: Validated): boolean {
  const path = documentPath(issue);
  return path.length > 0 && issue.code !== 'unrecognized_keys' && valueAt(validated.value, path) === undefined;
}

/** What was expected at the place of an issue, in words. */
function expectation(issue: Issue, validated: Validated): string {
  if (issue.code === 'invalid_type' || issue.code === 'invalid_value' || issue.code === 'invalid_union') {
    const path = documentPath(issue);
    const schemas = schemasAt(validated.schema, path, valueAt(validated.value, []));
    const words = new Set(schemas.map((schema) => describeSchema(schema)));
    if (words.size > 0 && issue.code !== 'invalid_value') return joinOr([...words]);
  }
  return describeConstraint(issue);
}

function describeConstraint(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return typeWords[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return joinOr(issue.values.map((value) => `'${String(value)}'`));
    case 'too_small':
      return bound(issue.origin, Number(issue.minimum), issue.inclusive === false ? 'more than' : 'at least');
    case 'too_big':
      return bound(issue.origin, Number(issue.maximum), issue.inclusive === false ? 'less than' : 'at most');
    case 'invalid_format':
      return formatWords(issue);
    case 'invalid_union':
      return joinOr(expectedWords(issue).map((word) => `'${word}'`));
    default:
      return issue.message.replace(/^expected /, '');
  }
}

const typeWords: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

function bound(origin: string, limit: number, words: string): string {
  if (origin === 'string') return limit === 1 && words === 'at least' ? 'text' : `text of ${words} ${limit} characters`;
  if (origin === 'array') return `${words} ${limit} ${limit === 1 ? 'entry' : 'entries'}`;
  return `${words} ${limit}`;
}

function formatWords(issue: Extract<Issue, { code: 'invalid_format' }>): string {
  if (issue.format === 'starts_with' && 'prefix' in issue) return `text that starts with '${String(issue.prefix)}'`;
  return issue.message.replace(/^expected /, '');
}

function expectedWords(issue: Issue): readonly string[] {
  if (issue.code === 'invalid_value') return issue.values.map(String);
  if (issue.code === 'invalid_union' && issue.inclusive !== false) return (issue.options ?? []).map(String);
  return [];
}

function documentPath(issue: Issue): DocumentPath {
  return issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
}

function valueAt(value: unknown, path: DocumentPath): unknown {
  return path.reduce<unknown>((current, step) => childValue(current, step), value);
}
