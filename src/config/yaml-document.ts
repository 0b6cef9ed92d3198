/**
 * YAML 1.2 text to a validated value that still knows where each part of it stood in the file.
 *
 * All faults come back at once: syntax, keys given twice, and everything that the schema refuses (R29). Aliases are
 * followed; merge keys (`<<`) are not part of YAML 1.2 and are refused as unknown keys.
 */
import type { z } from 'zod';
import type { Result } from '#base/result.ts';
import { refuse, succeed } from '#base/result.ts';
import { isAlias, isMap, isNode, isPair, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import type { Document, Node, Pair, YAMLError, YAMLMap } from 'yaml';
import type { DocumentPath, Problem } from './problem.ts';
import { formatPath } from './problem.ts';
import { describeIssues } from './schema-problem.ts';

/** A validated file. */
export interface YamlDocument<Value> {
  readonly file: string;
  readonly value: Value;
  /**
   * Builds a problem at a place of this file, for checks that no schema can make.
   *
   * A path that is not there points at the nearest place above it. `at` chooses the key of a map's entry or its value.
   */
  readonly problemAt: (path: DocumentPath, message: string, at?: 'key' | 'value') => Problem;
}

/** A file as far as it can be read. */
export interface YamlParts<Value> {
  readonly problems: readonly Problem[];
  /** The document, without its damaged entries; undefined where the rest of it is nothing either. */
  readonly document: YamlDocument<Value> | undefined;
  /** The entries of maps that were left out, for what the schema refuses in them. */
  readonly damaged: readonly DocumentPath[];
}

/** The entry of a map to leave out for a fault at a path: one that the rest of the document does without. */
export type EntryOf = (fault: DocumentPath) => DocumentPath;

/** Reads and validates `text`; `file` only names it in problems. Returns every problem, or the document. */
export function loadYaml<Schema extends z.ZodType>(
  file: string,
  text: string,
  schema: Schema,
): Result<YamlDocument<z.output<Schema>>, readonly Problem[]> {
  const { document, problems } = loadYamlParts(file, text, schema);
  return problems.length > 0 || document === undefined ? refuse(problems) : succeed(document);
}

/** Reads as `loadYaml` does; of a file that only the schema refuses, the rest comes with the problems. */
export function loadYamlParts<Schema extends z.ZodType>(
  file: string,
  text: string,
  schema: Schema,
  entryOf?: EntryOf,
): YamlParts<z.output<Schema>> {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: 'error',
  });
  const at = (offset: number, path: DocumentPath, message: string): Problem => {
    const place = lines.linePos(offset);
    return { file, line: Math.max(1, place.line), column: Math.max(1, place.col), path: formatPath(path), message };
  };
  const problemAt: YamlDocument<unknown>['problemAt'] = (path, message, part = 'value') =>
    at(offsetOf(document, path, part), path, message);

  const syntax = [...document.errors, ...document.warnings].map((error) => at(error.pos[0], [], describeSyntax(error)));
  const structure = syntax.length > 0 ? [] : findStructureFaults(document, lines);
  const broken = [...syntax, ...structure.map((fault) => at(fault.offset, [], fault.message))];
  const plain = syntax.length > 0 ? refuse('') : toPlainValue(document);
  const nothing = { document: undefined, damaged: [] };
  if (!plain.ok) return { ...nothing, problems: broken.length > 0 ? broken : [at(0, [], plain.fault)] };

  const parsed = schema.safeParse(plain.value);
  const faults = parsed.success ? [] : describeIssues(parsed.error.issues, { schema, value: plain.value });
  const problems = [
    ...broken,
    ...faults.map((fault) => ({ ...problemAt(fault.path, fault.message, fault.at), path: formatPath(fault.shown) })),
  ];
  if (problems.length === 0 && parsed.success)
    return { problems, document: { file, value: parsed.data, problemAt }, damaged: [] };
  if (entryOf === undefined || broken.length > 0) return { ...nothing, problems };
  const damaged = faults.map((fault) => entryOf(fault.path));
  const rest = schema.safeParse(without(plain.value, damaged));
  if (!rest.success) return { ...nothing, problems };
  return { problems, document: { file, value: rest.data, problemAt }, damaged };
}

/** A plain value without these entries of its maps. */
function without(value: unknown, paths: readonly DocumentPath[]): unknown {
  if (paths.some((path) => path.length === 0)) return undefined;
  if (paths.length === 0 || typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => {
      const below = paths.filter(([step]) => step === key).map((path) => path.slice(1));
      return below.some((path) => path.length === 0) ? [] : [[key, without(inner, below)]];
    }),
  );
}

function describeSyntax(error: YAMLError): string {
  return error.code === 'MULTIPLE_DOCS' ? 'got a second document, expected one in a file' : error.message;
}

interface StructureFault {
  readonly offset: number;
  readonly message: string;
}

/** Keys given twice, keys that are no text, and aliases that name nothing: valid to the parser, never meant. */
function findStructureFaults(document: Document, lines: LineCounter): readonly StructureFault[] {
  const faults: StructureFault[] = [];
  visit(document, {
    Map: (_, map) => {
      faults.push(...keyFaults(map, lines));
    },
    Alias: (_, alias) => {
      if (alias.resolve(document) === undefined) {
        faults.push({ offset: startOf(alias), message: `the alias '*${alias.source}' names no anchor above it` });
      }
    },
  });
  return faults;
}

function keyFaults(map: YAMLMap, lines: LineCounter): readonly StructureFault[] {
  const faults: StructureFault[] = [];
  const seen = new Map<string, number>();
  for (const { key } of map.items) {
    const offset = isNode(key) ? startOf(key) : startOf(map);
    const name = isScalar(key) ? keyText(key.value) : undefined;
    if (name === undefined) {
      faults.push({ offset, message: 'got a key that is no text, expected plain text' });
      continue;
    }
    const first = seen.get(name);
    if (first === undefined) seen.set(name, offset);
    else
      faults.push({ offset, message: `the key '${name}' is given twice, first on line ${lines.linePos(first).line}` });
  }
  return faults;
}

function keyText(key: unknown): string | undefined {
  return typeof key === 'string' || typeof key === 'number' || typeof key === 'boolean' ? String(key) : undefined;
}

/** The library throws for aliases that grow without bound, which a file from elsewhere may hold. */
function toPlainValue(document: Document): Result<unknown, string> {
  try {
    return succeed(document.toJS({ maxAliasCount: 100 }));
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

function offsetOf(document: Document, path: DocumentPath, part: 'key' | 'value'): number {
  let node: unknown = document.contents;
  let offset = isNode(node) ? startOf(node) : 0;
  for (const [index, step] of path.entries()) {
    const entry = entryOf(resolve(document, node), step);
    if (entry === undefined) return offset;
    const isLast = index === path.length - 1;
    if (isPair(entry)) {
      const { key, value } = entry;
      const wantsKey = (isLast && part === 'key') || !isNode(value) || isImplicitNull(value);
      const target = wantsKey ? key : value;
      offset = isNode(target) ? startOf(target) : offset;
      node = value;
    } else {
      offset = startOf(entry);
      node = entry;
    }
  }
  return offset;
}

function entryOf(node: unknown, step: string | number): Pair | Node | undefined {
  if (isMap(node)) return node.items.find(({ key }) => isScalar(key) && keyText(key.value) === String(step));
  if (isSeq(node) && typeof step === 'number') {
    const item = node.items[step];
    return isNode(item) ? item : undefined;
  }
  return undefined;
}

/** `key:` with nothing after it: its value has no text to point at. */
function isImplicitNull(node: Node): boolean {
  return isScalar(node) && node.value === null && node.source === '';
}

function resolve(document: Document, node: unknown): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}
