/**
 * Reads zod schemas as data: which keys a map may have at a path, and what a schema expects, in words.
 * Only the kinds that config schemas use are known; any other is described as `a value`.
 */
import { z } from 'zod';
import type { DocumentPath } from './problem.ts';

type Schema = z.core.$ZodType;

/** The keys that the schema allows in the map at `path`, given the `value` of the whole document; sorted. */
export function knownKeys(schema: Schema, path: DocumentPath, value: unknown): readonly string[] {
  const keys = new Set<string>();
  for (const found of schemasAt(schema, path, value)) {
    const { def } = known(found)._zod;
    if (def.type === 'object') for (const key of Object.keys(def.shape)) keys.add(key);
  }
  return [...keys].sort();
}

/** The schemas that the value at `path` may follow; several where a union leaves it open. */
export function schemasAt(schema: Schema, path: DocumentPath, value: unknown): readonly Schema[] {
  let current: readonly { readonly schema: Schema; readonly value: unknown }[] = [{ schema, value }];
  for (const step of path) {
    current = current
      .flatMap((each) => alternatives(each.schema, each.value).map((alternative) => ({ ...each, schema: alternative })))
      .flatMap((each) =>
        child(each.schema, step).map((next) => ({ schema: next, value: childValue(each.value, step) })),
      );
  }
  return current.flatMap((each) => alternatives(each.schema, each.value));
}

/** What a schema expects, in words: its own description, or `a whole number`, `'tcp' or 'http'`, `a map with any`. */
export function describeSchema(schema: Schema): string {
  return joinOr([...new Set(alternatives(schema, undefined).map(describePlain))]);
}

/** Joins words as `a, b or c`. */
export function joinOr(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`;
}

/** Writes a value of a config file for a message: text and numbers in quotes, the rest by its kind. */
export function describeValue(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a map';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `'${text.length > 80 ? `${text.slice(0, 77)}...` : text}'`;
}

function describePlain(schema: Schema): string {
  const description = z.globalRegistry.get(schema)?.description;
  if (description !== undefined) return description;
  const { def } = known(schema)._zod;
  switch (def.type) {
    case 'string':
      return 'text';
    case 'number':
      return 'format' in def && String(def.format).includes('int') ? 'a whole number' : 'a number';
    case 'boolean':
      return 'true or false';
    case 'array':
      return 'a list';
    case 'record':
      return 'a map';
    case 'object': {
      const required = Object.entries(def.shape).filter(([, part]) => known(part)._zod.optin === undefined);
      const names = required.map(([name]) => name);
      return names.length === 0 ? 'a map' : `a map with ${names.join(' and ')}`;
    }
    case 'literal':
    case 'enum': {
      const values = def.type === 'enum' ? Object.values(def.entries) : def.values;
      return joinOr(values.map((value) => `'${String(value)}'`));
    }
    default:
      return 'a value';
  }
}

/** Unwraps optional, default and pipe, and lays out unions; a discriminated union is narrowed by the value. */
function alternatives(schema: Schema, value: unknown): readonly Schema[] {
  const { def } = known(schema)._zod;
  switch (def.type) {
    case 'optional':
    case 'default':
    case 'prefault':
    case 'nullable':
    case 'readonly':
    case 'nonoptional':
    case 'catch':
      return alternatives(def.innerType, value);
    case 'pipe':
      return alternatives(def.in, value);
    case 'union': {
      const key = 'discriminator' in def ? String(def.discriminator) : undefined;
      const tag = key === undefined ? undefined : childValue(value, key);
      const fitting = def.options.filter((option) => key !== undefined && matchesTag(option, key, tag));
      return (fitting.length > 0 ? fitting : def.options).flatMap((option) => alternatives(option, value));
    }
    default:
      return [schema];
  }
}

function matchesTag(option: Schema, key: string, tag: unknown): boolean {
  return child(option, key).some((part) => {
    const { def } = known(part)._zod;
    return def.type === 'literal' && def.values.some((value) => value === tag);
  });
}

function child(schema: Schema, step: string | number): readonly Schema[] {
  const { def } = known(schema)._zod;
  switch (def.type) {
    case 'object': {
      const part = Object.hasOwn(def.shape, step) ? def.shape[step] : undefined;
      return part === undefined ? [] : [part];
    }
    case 'record':
      return [def.valueType];
    case 'array':
      return [def.element];
    default:
      return [];
  }
}

/** The value at one step, or undefined where there is none. */
export function childValue(value: unknown, step: string | number): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
  // The check above makes it an object that has this key.
  return (value as Readonly<Record<string | number, unknown>>)[step];
}

/** Every schema of zod's is one of this union, which zod itself does not say in its types. */
function known(schema: Schema): z.core.$ZodTypes {
  return schema as z.core.$ZodTypes;
}
