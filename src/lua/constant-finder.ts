/**
 * Which values an argument may have, as far as that is told by the code alone, so that targets of checks are known when
 * a zone is loaded.
 *
 * Followed are variables that get constants only and whose tables nothing changes, `and` and `or`, operators on
 * constants, and fields of constant tables.
 */
import type { BinaryExpression, Expression, Identifier, TableConstructorExpression } from 'luaparse';
import type { ConstantField, LuaConstant } from './constant.ts';
import { compute, isText, textOf, toNumber } from './language/operators.ts';
import { offsetOf } from './language/parse.ts';
import type { Binding, Resolution } from './language/bindings.ts';
import { LuaFault } from './fault.ts';

/** What is known of an expression: every value that it may have, or, where `isComplete` is not, some of them. */
export interface PossibleValues {
  readonly values: readonly LuaConstant[];
  readonly isComplete: boolean;
}

/** More combinations than this are not looked at. */
const maxValues = 64;

const nothing: PossibleValues = { values: [], isComplete: false };

export class ConstantFinder {
  readonly #resolution: Resolution;
  readonly #presets: ReadonlyMap<string, LuaConstant>;
  readonly #visiting = new Set<Binding>();

  /** `presets` are globals that the house gives. */
  constructor(resolution: Resolution, presets: ReadonlyMap<string, LuaConstant>) {
    this.#resolution = resolution;
    this.#presets = presets;
  }

  /** The single value of an expression; undefined where it may have others. */
  constant(node: Expression): LuaConstant | undefined {
    const { values, isComplete } = this.find(node);
    return isComplete && values.length === 1 ? values[0] : undefined;
  }

  find(node: Expression): PossibleValues {
    const offset = offsetOf(node);
    switch (node.type) {
      case 'StringLiteral':
        return only({ kind: 'string', value: node.value, offset });
      case 'NumericLiteral':
        return only({ kind: 'number', value: node.value, offset });
      case 'BooleanLiteral':
        return only({ kind: 'boolean', value: node.value, offset });
      case 'NilLiteral':
        return only({ kind: 'nil', offset });
      case 'Identifier':
        return this.#variable(node);
      case 'TableConstructorExpression':
        return this.#table(node, offset);
      case 'LogicalExpression':
        return this.#logical(node.operator, node.left, node.right);
      case 'UnaryExpression':
        if (node.operator !== '-') return nothing;
        return map(this.find(node.argument), (value) =>
          value.kind === 'number' ? { kind: 'number', value: -value.value, offset } : undefined,
        );
      case 'BinaryExpression':
        return this.#binary(node, offset);
      case 'MemberExpression':
        if (node.indexer === ':') return nothing;
        return map(this.find(node.base), (base) => fieldOf(base, node.identifier.name));
      case 'IndexExpression': {
        const key = this.constant(node.index);
        if (key?.kind !== 'string' && key?.kind !== 'number') return nothing;
        return map(this.find(node.base), (base) => fieldOf(base, key.value));
      }
      default:
        return nothing;
    }
  }

  /** The combinations of what several arguments may be. */
  combinations(nodes: readonly Expression[]): readonly (readonly LuaConstant[])[] {
    return product(nodes.map((node) => this.find(node))).values;
  }

  #variable(node: Identifier): PossibleValues {
    const binding = this.#resolution.bindingOf(node);
    const preset = this.#presets.get(node.name);
    if (binding.home === undefined && preset !== undefined && binding.assignments.length === 0) return only(preset);
    if (this.#visiting.has(binding) || binding.assignments.length === 0) return nothing;
    this.#visiting.add(binding);
    const found = binding.assignments.map(({ value }): PossibleValues => {
      if (value === 'unknown') return nothing;
      // What a variable is before it is assigned is of no interest, but it is not the only value either.
      return value === 'nil' ? nothing : this.find(value);
    });
    this.#visiting.delete(binding);
    const values = found.flatMap((each) => each.values);
    if (binding.escapes && values.some(({ kind }) => kind === 'table')) return nothing;
    const isComplete =
      binding.assignments.length === 1 && binding.assignments[0]?.isSettled === true && (found[0]?.isComplete ?? false);
    return { values: values.slice(0, maxValues), isComplete };
  }

  #logical(operator: 'and' | 'or', left: Expression, right: Expression): PossibleValues {
    const after = this.find(right);
    if (operator === 'and') return { values: after.values, isComplete: false };
    const before = this.find(left).values.filter(
      (value) => value.kind !== 'nil' && !(value.kind === 'boolean' && !value.value),
    );
    return { values: [...before, ...after.values].slice(0, maxValues), isComplete: false };
  }

  #binary(node: BinaryExpression, offset: number): PossibleValues {
    const { operator } = node;
    const pairs = product([this.find(node.left), this.find(node.right)]);
    return map(pairs, ([left, right]): LuaConstant | undefined => {
      if (left === undefined || right === undefined || !('value' in left) || !('value' in right)) return undefined;
      const [a, b] = [left.value, right.value];
      if (typeof a === 'object' || typeof b === 'object') return undefined;
      if (operator === '..')
        return isText(a) && isText(b) ? { kind: 'string', value: textOf(a) + textOf(b), offset } : undefined;
      const [x, y] = [toNumber(a), toNumber(b)];
      if (x === undefined || y === undefined) return undefined;
      switch (operator) {
        case '+':
        case '-':
        case '*':
        case '/':
        case '%':
        case '^':
          return { kind: 'number', value: compute(operator, x, y), offset };
        default:
          return undefined;
      }
    });
  }

  #table({ fields }: TableConstructorExpression, offset: number): PossibleValues {
    const keys = fields.map((field): { readonly key: string | undefined; readonly offset: number } | undefined => {
      if (field.type === 'TableValue') return { key: undefined, offset: offsetOf(field) };
      if (field.type === 'TableKeyString') return { key: field.key.name, offset: offsetOf(field) };
      const key = this.constant(field.key);
      return key?.kind === 'string' ? { key: key.value, offset: offsetOf(field) } : undefined;
    });
    if (keys.includes(undefined)) return nothing;
    const contents = product(fields.map((field) => this.find(field.value)));
    return map(contents, (values): LuaConstant => {
      const items: LuaConstant[] = [];
      const named = new Map<string, ConstantField>();
      for (const [index, value] of values.entries()) {
        const key = keys[index];
        if (key?.key === undefined) items.push(value);
        else if (named.has(key.key)) throw new LuaFault(`"${key.key}" is given twice: expected it once`, key.offset);
        else named.set(key.key, { keyOffset: key.offset, value });
      }
      return { kind: 'table', offset, items, fields: named };
    });
  }
}

function only(value: LuaConstant): PossibleValues {
  return { values: [value], isComplete: true };
}

function map<Value>(
  { values, isComplete }: { readonly values: readonly Value[]; readonly isComplete: boolean },
  convert: (value: Value) => LuaConstant | undefined,
): PossibleValues {
  const converted = values.map(convert).filter((value) => value !== undefined);
  return { values: converted, isComplete: isComplete && converted.length === values.length };
}

/** Every combination of one value each, up to a limit. */
function product(parts: readonly PossibleValues[]): {
  readonly values: readonly (readonly LuaConstant[])[];
  readonly isComplete: boolean;
} {
  let combinations: readonly (readonly LuaConstant[])[] = [[]];
  for (const { values } of parts) {
    combinations = combinations.flatMap((before) => values.map((value) => [...before, value])).slice(0, maxValues);
  }
  return { values: combinations, isComplete: parts.every(({ isComplete }) => isComplete) };
}

function fieldOf(base: LuaConstant, key: string | number): LuaConstant | undefined {
  if (base.kind !== 'table') return undefined;
  const value = typeof key === 'string' ? base.fields.get(key)?.value : base.items[key - 1];
  return value ?? { kind: 'nil', offset: base.offset };
}
