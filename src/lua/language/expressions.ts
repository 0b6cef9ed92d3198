/** Expressions into closures (Lua 5.1 reference, §2.5). */
import type { BinaryExpression, Expression, TableConstructorExpression, UnaryExpression } from 'luaparse';
import { LuaFault } from '../fault.ts';
import { noValues } from './frame.ts';
import type { Evaluate, EvaluateAll } from './frame.ts';
import { isInParentheses, lineOf, offsetOf } from './parse.ts';
import type { ProgramContext } from './program-context.ts';
import { calleeName } from './pure-calls.ts';
import type { FunctionInfo } from './bindings.ts';
import { isTrue, LuaTable } from './value.ts';
import type { LuaValue } from './value.ts';
import { compileRead } from './variables.ts';

/** Compiles the expressions of one function. */
export class ExpressionCompiler {
  readonly #context: ProgramContext;
  readonly #info: FunctionInfo;

  constructor(context: ProgramContext, info: FunctionInfo) {
    this.#context = context;
    this.#info = info;
  }

  /** One value; nil where the expression gives none. */
  one(node: Expression): Evaluate {
    switch (node.type) {
      case 'StringLiteral':
      case 'NumericLiteral':
      case 'BooleanLiteral': {
        const { value } = node;
        return () => value;
      }
      case 'NilLiteral':
        return () => undefined;
      case 'Identifier':
        return compileRead(this.#context, this.#info, node);
      case 'TableConstructorExpression':
        return this.#table(node);
      case 'UnaryExpression':
        return this.#unary(node);
      case 'BinaryExpression':
        return this.#binary(node);
      case 'LogicalExpression': {
        const [left, right] = [this.one(node.left), this.one(node.right)];
        const isAnd = node.operator === 'and';
        return (frame) => {
          const value = left(frame);
          return isTrue(value) === isAnd ? right(frame) : value;
        };
      }
      case 'MemberExpression':
        return this.#index(node.base, constantly(node.identifier.name));
      case 'IndexExpression':
        return this.#index(node.base, this.one(node.index));
      case 'FunctionDeclaration':
        return this.#context.compileFunction(node, 'anonymous');
      case 'VarargLiteral':
        return (frame) => frame.varargs[0];
      case 'CallExpression':
      case 'TableCallExpression':
      case 'StringCallExpression': {
        const call = this.#call(node);
        return (frame) => call(frame)[0];
      }
    }
  }

  /** Several expressions: all values of the last, one of each other. */
  list(nodes: readonly Expression[]): EvaluateAll {
    const last = nodes.at(-1);
    if (last === undefined) return () => noValues;
    const open = this.#open(last);
    const parts = (open === undefined ? nodes : nodes.slice(0, -1)).map((node) => this.one(node));
    if (open !== undefined) {
      if (parts.length === 0) return open;
      return (frame) => [...parts.map((part) => part(frame)), ...open(frame)];
    }
    const [first, second] = parts;
    if (parts.length === 1 && first !== undefined) return (frame) => [first(frame)];
    if (parts.length === 2 && first !== undefined && second !== undefined)
      return (frame) => [first(frame), second(frame)];
    return (frame) => parts.map((part) => part(frame));
  }

  /** An expression that may give several values. */
  #open(node: Expression): EvaluateAll | undefined {
    if (isInParentheses(node)) return undefined;
    switch (node.type) {
      case 'VarargLiteral':
        return (frame) => frame.varargs;
      case 'CallExpression':
      case 'TableCallExpression':
      case 'StringCallExpression':
        return this.#call(node);
      default:
        return undefined;
    }
  }

  #index(baseNode: Expression, key: Evaluate): Evaluate {
    const { machine, operators } = this.#context;
    const base = this.one(baseNode);
    const line = lineOf(baseNode);
    return (frame) => {
      const from = base(frame);
      const at = key(frame);
      machine.line = line;
      return operators.index(from, at);
    };
  }

  #unary({ operator, argument }: UnaryExpression): Evaluate {
    const { machine, operators } = this.#context;
    const value = this.one(argument);
    const line = lineOf(argument);
    switch (operator) {
      case 'not':
        return (frame) => !isTrue(value(frame));
      case '-':
        return (frame) => {
          const operand = value(frame);
          machine.line = line;
          return operators.negate(operand);
        };
      case '#':
        return (frame) => {
          const operand = value(frame);
          machine.line = line;
          return operators.length(operand);
        };
      case '~':
        throw new LuaFault('operator "~" is not part of LuaJIT\'s Lua', offsetOf(argument));
    }
  }

  #binary(node: BinaryExpression): Evaluate {
    const { machine } = this.#context;
    const [left, right] = [this.one(node.left), this.one(node.right)];
    const line = lineOf(node);
    const compute = this.#operator(node);
    return (frame) => {
      const a = left(frame);
      const b = right(frame);
      machine.line = line;
      return compute(a, b);
    };
  }

  #operator(node: BinaryExpression): (left: LuaValue, right: LuaValue) => LuaValue {
    const { operators } = this.#context;
    const { operator } = node;
    switch (operator) {
      case '+':
      case '-':
      case '*':
      case '/':
      case '%':
      case '^':
        return (left, right) => operators.arithmetic(operator, left, right);
      case '..':
        return (left, right) => operators.concat(left, right);
      case '==':
        return (left, right) => operators.equals(left, right);
      case '~=':
        return (left, right) => !operators.equals(left, right);
      case '<':
        return (left, right) => operators.isLess(left, right);
      case '<=':
        return (left, right) => operators.isLessOrEqual(left, right);
      case '>':
        return (left, right) => operators.isLess(right, left);
      case '>=':
        return (left, right) => operators.isLessOrEqual(right, left);
      default:
        throw new LuaFault(`operator "${operator}" is not part of LuaJIT's Lua`, offsetOf(node));
    }
  }

  #table({ fields }: TableConstructorExpression): Evaluate {
    const { machine } = this.#context;
    const last = fields.at(-1);
    const open = last?.type === 'TableValue' ? this.#open(last.value) : undefined;
    const entries = (open === undefined ? fields : fields.slice(0, -1)).map((field) => {
      const value = this.one(field.value);
      if (field.type === 'TableValue') return { key: undefined, value };
      if (field.type === 'TableKey') return { key: this.one(field.key), value };
      const { name } = field.key;
      return { key: () => name, value };
    });
    return (frame) => {
      const table = new LuaTable();
      let next = 1;
      machine.spend(1 + entries.length / 8);
      for (const { key, value } of entries) table.set(key === undefined ? next++ : key(frame), value(frame));
      if (open !== undefined) for (const value of open(frame)) table.set(next++, value);
      return table;
    };
  }

  #call(node: Expression & { readonly base: Expression }): EvaluateAll {
    const args = this.list(argumentsOf(node));
    const { base } = node;
    if (base.type === 'MemberExpression' && base.indexer === ':')
      return this.#methodCall(base.base, base.identifier.name, args);
    const { machine, operators, resolution } = this.#context;
    const line = lineOf(node);
    if (base.type === 'Identifier') {
      const binding = resolution.bindingOf(base);
      if (binding.home === undefined && binding.assignments.length === 0) {
        const call = { name: base.name, args: argumentsOf(node), offset: offsetOf(base), line };
        const ours = this.#context.compileCall(call, args);
        if (ours !== undefined) return ours;
      }
    }
    const callee = this.one(base);
    const name = calleeName(base) ?? 'a value';
    return (frame) => {
      const target = callee(frame);
      const values = args(frame);
      machine.line = line;
      return operators.call(target, values, `"${name}"`);
    };
  }

  #methodCall(base: Expression, name: string, args: EvaluateAll): EvaluateAll {
    const { machine, operators } = this.#context;
    const object = this.one(base);
    const line = lineOf(base);
    return (frame) => {
      const self = object(frame);
      const values = args(frame);
      machine.line = line;
      return operators.call(operators.index(self, name), [self, ...values], `method "${name}"`);
    };
  }
}

/** In a function of its own, so that no tree is held by what only needs a name. */
function constantly(value: LuaValue): Evaluate {
  return () => value;
}

/** The arguments of a call in any of its three forms. */
export function argumentsOf(node: Expression): readonly Expression[] {
  switch (node.type) {
    case 'CallExpression':
      return node.arguments;
    case 'TableCallExpression':
      return [node.arguments];
    case 'StringCallExpression':
      return [node.argument];
    default:
      return [];
  }
}
