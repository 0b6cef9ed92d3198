/**
 * PowerDNS LUA records into records that follow health: one call of a known function with constant arguments.
 *
 * The code is an expression, or after a leading `;` a script that is a single `return`. It is parsed as LuaJIT's Lua and
 * compiled once, when the zone is loaded; nothing of it runs per query. Functions are in functions.ts.
 */
import { parse } from 'luaparse';
import type { CallExpression, Expression, StringCallExpression, TableCallExpression } from 'luaparse';
import { refuse, succeed } from '#base/result.ts';
import type { DynamicCompiler, DynamicRecord, DynamicSource } from '#dns/zone/dynamic.ts';
import { evaluateConstant, offsetOf } from './constant.ts';
import { LuaFault } from './fault.ts';
import { luaFunctions } from './functions.ts';
import type { LuaServices } from './call.ts';

const expressionPrefix = 'return ';

/** Builds the compiler for a zone loader; `health` hears of every target before the compiled record is returned. */
export function createLuaCompiler(services: LuaServices): DynamicCompiler {
  return (source) => {
    const isScript = source.code.startsWith(';');
    const text = isScript ? source.code.slice(1) : expressionPrefix + source.code;
    const shift = isScript ? 1 : -expressionPrefix.length;
    try {
      return succeed(compile(text, source, services));
    } catch (error) {
      const fault = asLuaFault(error);
      const offset = Math.min(Math.max(0, fault.offset + shift), source.code.length);
      return refuse({ message: fault.message, offset });
    }
  };
}

function compile(text: string, { type }: DynamicSource, services: LuaServices): DynamicRecord {
  const call = parseCall(text);
  const { base } = call;
  const offset = offsetOf(base);
  const names = [...luaFunctions.keys()].join(', ');
  if (base.type !== 'Identifier')
    throw new LuaFault(`this call is not supported: expected a function such as ${names}`, offset);
  const compileFunction = luaFunctions.get(base.name);
  if (compileFunction === undefined)
    throw new LuaFault(`function "${base.name}" is not known: expected ${names}`, offset);
  const args = argumentsOf(call).map(evaluateConstant);
  return compileFunction({ ...services, type, args, offset });
}

type Call = CallExpression | StringCallExpression | TableCallExpression;

function parseCall(text: string): Call {
  const { body } = parse(text, { luaVersion: 'LuaJIT', encodingMode: 'pseudo-latin1', ranges: true, comments: false });
  const [statement, extra] = body;
  if (statement?.type !== 'ReturnStatement' || extra !== undefined) {
    const offset = statement === undefined ? 0 : offsetOf(statement);
    throw new LuaFault('scripts of more than one return are not supported: expected ";return ifportup(…)"', offset);
  }
  const [expression, second] = statement.arguments;
  if (expression === undefined || second !== undefined) {
    throw new LuaFault('expected one value to be returned', offsetOf(second ?? statement));
  }
  if (!isCall(expression))
    throw new LuaFault('this is not a function call: expected one such as ifportup(…)', offsetOf(expression));
  return expression;
}

function isCall(expression: Expression): expression is Call {
  return /^(?:|String|Table)CallExpression$/.test(expression.type);
}

function argumentsOf(call: Call): readonly Expression[] {
  if (call.type === 'CallExpression') return call.arguments;
  return [call.type === 'StringCallExpression' ? call.argument : call.arguments];
}

/** A refusal of ours, or of luaparse, whose message begins with a place that the zone file's replaces. */
function asLuaFault(error: unknown): LuaFault {
  if (error instanceof LuaFault) return error;
  // The parser recurses, so that absurd nesting ends its stack.
  if (error instanceof RangeError) return new LuaFault('the code is nested too deeply', 0);
  if (!(error instanceof SyntaxError)) throw error;
  const index: unknown = 'index' in error ? error.index : 0;
  return new LuaFault(error.message.replace(/^\[\d+:\d+\] /, ''), typeof index === 'number' ? index : 0);
}
