/**
 * PowerDNS LUA records into records that answer: parsed as LuaJIT's Lua and compiled once, when a zone is loaded.
 *
 * The code is an expression, or after a leading `;` a script. One call with constant arguments, and constants, become
 * records of prebuilt data (choice-record.ts); everything else is run (program-record.ts). `LUA LUA` records are
 * snippets for `include`: they are parsed for their faults and never answered.
 */
import type { Expression } from 'luaparse';
import { refuse, succeed } from '#base/result.ts';
import { recordType } from '#dns/wire/constants.ts';
import type { DynamicCompiler, DynamicRecord, DynamicSource } from '#dns/zone/dynamic.ts';
import type { Choice, LuaServices, Steered } from './call.ts';
import { ChoiceRecord } from './choice-record.ts';
import { textOfConstant } from './constant.ts';
import type { LuaConstant } from './constant.ts';
import { explainWith } from './explain.ts';
import { LuaFault } from './fault.ts';
import { argumentsOf } from './language/expressions.ts';
import { isInParentheses, lineOf, offsetOf } from './language/parse.ts';
import { createEnvironment } from './environment.ts';
import { Machine } from './language/machine.ts';
import { ProgramRecord } from './program-record.ts';
import { Program } from './program.ts';
import type { ProgramServices } from './program.ts';
import { Run } from './run.ts';
import { parseCode, parseSnippet } from './snippets.ts';
import { ComputedTargets, RecordTargets } from './targets-registry.ts';

/**
 * Builds the compiler for a zone loader: `health` hears of every target that constant arguments name before the compiled
 * record is returned, and of none where it is refused.
 */
export function createLuaCompiler(services: LuaServices): DynamicCompiler {
  const machine = new Machine(services.stepLimit);
  const computed = new ComputedTargets(services.health);
  const shared = {
    run: new Run(services.prng),
    machine,
    environment: createEnvironment(machine, services.prng),
  };
  return (source) => {
    const targets = new RecordTargets();
    try {
      const computing = { ...services, health: computed.ofRecord() };
      const record = compile(source, { ...shared, computing, services: { ...services, health: targets } });
      targets.commit(services.health);
      return succeed(record);
    } catch (error) {
      const fault = asLuaFault(error);
      const offset = Math.min(Math.max(0, fault.offset), source.code.length);
      return refuse({ message: fault.message, offset });
    }
  };
}

function compile(source: DynamicSource, services: ProgramServices): DynamicRecord {
  const { type } = source;
  if (type === recordType.LUA) {
    parseSnippet(source.code);
    return { type, evaluate: () => ({ kind: 'records', rdata: [], changePending: false, scopeBits: 0 }) };
  }
  const code = parseCode(source);
  const { run } = services;
  const program = new Program(source, code, services);
  const [statement, extra] = code.main.body;
  const whole = statement?.type === 'ReturnStatement' && extra === undefined ? statement.arguments : [];
  const [expression, second] = whole;
  if (expression !== undefined && second !== undefined && !source.code.startsWith(';'))
    throw new LuaFault('expected one value to be returned', offsetOf(second));
  const record = expression === undefined ? undefined : wholeRecord(type, program, expression, run);
  return record ?? new ProgramRecord(type, program);
}

/** A record of prebuilt data, where one expression without anything to compute is all of the code. */
function wholeRecord(type: number, program: Program, expression: Expression, run: Run): DynamicRecord | undefined {
  const constant = program.constant(expression);
  if (constant !== undefined) return constantRecord(type, constant, run);
  if (!('base' in expression) || expression.base.type !== 'Identifier' || isInParentheses(expression)) return undefined;
  const { base } = expression;
  const args = argumentsOf(expression);
  const prepared = program.prepareWhole({ name: base.name, args, offset: offsetOf(base), line: lineOf(expression) });
  if (prepared?.kind === 'choice') return new ChoiceRecord(type, prepared, run);
  return prepared?.kind === 'steered' ? steeredRecord(type, prepared, run) : undefined;
}

/** A string, or a table of strings, of which all are given. */
function constantRecord(type: number, constant: LuaConstant, run: Run): DynamicRecord | undefined {
  const isList = constant.kind === 'table';
  const items = isList ? [...constant.items, ...[...constant.fields.values()].map(({ value }) => value)] : [constant];
  const candidates = items.map((item) => {
    const text = textOfConstant(item);
    const expected = 'expected a string or a table of strings';
    if (text === undefined) throw new LuaFault(`the record gives a ${item.kind}: ${expected}`, item.offset);
    return { text, offset: item.offset };
  });
  const choice: Choice = {
    kind: 'choice',
    candidates,
    givesList: true,
    areAddresses: false,
    choose: (each) => {
      for (let index = 0; index < candidates.length; index++) each.pick(index);
    },
  };
  return new ChoiceRecord(type, choice, run);
}

function steeredRecord(type: number, { steering }: Steered, run: Run): DynamicRecord {
  const record: DynamicRecord = { type, evaluate: steering };
  const explain = steering.explain ?? ((client) => explainWith(run, record, client));
  return { ...record, explain };
}

function asLuaFault(error: unknown): LuaFault {
  if (error instanceof LuaFault) return error;
  // Compiling recurses, so that absurd nesting ends its stack.
  if (error instanceof RangeError) return new LuaFault('the code is nested too deeply', 0);
  // The record is refused with its zone; whoever compiles goes on.
  return new LuaFault(`a bug of this server: ${error instanceof Error ? error.message : String(error)}`, 0);
}
