/**
 * A record's code compiled to closures: what calls of the house's functions are prepared to, what its globals are, and
 * what its answers depend on.
 */
import type { Chunk, Expression } from 'luaparse';
import type { DynamicSource } from '#dns/zone/dynamic.ts';
import type { LuaServices, Prepared, ScopeOf } from './call.ts';
import { ConstantFinder } from './constant-finder.ts';
import { constantKey, constantOf, valueOf } from './constant.ts';
import type { LuaConstant } from './constant.ts';
import { constantGlobals, createEnvironment, queryVariables, refusedGlobals } from './environment.ts';
import type { QueryVariable } from './environment.ts';
import { LuaFault } from './fault.ts';
import { isRecordFunction } from './function-names.ts';
import type { RecordFunctionName } from './function-names.ts';
import { preparations } from './functions.ts';
import { wholeAddress } from './functions/selection.ts';
import { noValues } from './language/frame.ts';
import type { Box, EvaluateAll } from './language/frame.ts';
import { LuaError } from './language/error.ts';
import { Machine } from './language/machine.ts';
import type { ProgramContext, WrittenCall } from './language/program-context.ts';
import { Resolution } from './language/resolve.ts';
import { compileFunctionBody } from './language/statements.ts';
import { LuaFunction, LuaTable } from './language/value.ts';
import type { LuaValue, LuaValues } from './language/value.ts';
import type { Run } from './run.ts';
import type { ParsedCode } from './snippets.ts';
import { SteeredObject } from './steered.ts';

/** A global and what it is before the code assigns it. */
interface Cell extends Box {
  readonly initial: LuaValue;
}

/** Calls that a place in the code may remember, for arguments that differ from query to query. */
const maxRemembered = 100;

/** One record's code, ready to run; one run at a time. */
export class Program {
  readonly machine: Machine;
  readonly run: Run;
  /** What the answer depends on, wherever it stands in the code. */
  readonly scopes: ScopeOf[] = [];
  readonly #source: DynamicSource;
  readonly #services: LuaServices;
  /** What registers targets that code computes. */
  readonly #computing: LuaServices;
  readonly #resolution = new Resolution();
  readonly #constants: ConstantFinder;
  readonly #environment: ReturnType<typeof createEnvironment>;
  readonly #variables: ReadonlyMap<string, QueryVariable>;
  readonly #cells = new Map<string, Cell>();
  readonly #assigned: Cell[] = [];
  readonly #filled: { readonly cell: Cell; readonly variable: QueryVariable }[] = [];
  readonly #included: ReadonlyMap<string, readonly Chunk[]>;
  readonly #snippets = new Map<string, readonly LuaFunction[]>();
  readonly #context: ProgramContext;
  readonly #main: Chunk;

  constructor(source: DynamicSource, code: ParsedCode, services: LuaServices, computing: LuaServices, run: Run) {
    this.#source = source;
    this.#services = services;
    this.#computing = computing;
    this.run = run;
    this.machine = new Machine(services.stepLimit);
    this.#environment = createEnvironment(this.machine, services.prng);
    this.#variables = queryVariables(source.zone);
    this.#main = code.main;
    this.#included = code.included;
    for (const chunk of [code.main, ...[...code.included.values()].flat()]) this.#resolution.add(chunk);
    this.#resolution.finish();
    this.#constants = new ConstantFinder(this.#resolution, constantGlobals);
    this.#context = this.#contextOf();
  }

  /** The call of a function of the house that is all there is, if it is one with constant arguments. */
  prepareWhole(call: WrittenCall): Prepared | undefined {
    if (!isRecordFunction(call.name) || this.#resolution.global(call.name).assignments.length > 0) return undefined;
    const args = this.#constantArguments(call);
    return args === undefined ? undefined : this.#prepare(call.name, args, call.offset, this.#services);
  }

  /** What an expression is without running anything. */
  constant(node: Expression): LuaConstant | undefined {
    return this.#constants.constant(node);
  }

  /** Compiles everything; what it gives runs the code for the client of `run`. Throws `LuaFault`. */
  compile(): () => LuaValues {
    const main = compileFunctionBody(this.#context, this.#main, 'the record')(undefined);
    const { machine, run } = this;
    return () => {
      machine.start();
      for (const cell of this.#assigned) cell.value = cell.initial;
      for (const { cell, variable } of this.#filled) cell.value = variable.read(run.client);
      return main.call(noValues);
    };
  }

  #contextOf(): ProgramContext {
    const { machine } = this;
    const context: ProgramContext = {
      machine,
      operators: this.#environment.operators,
      resolution: this.#resolution,
      global: (name, offset) => this.#global(name, offset),
      compileCall: (call, args) => this.#compileCall(call, args),
      compileFunction: (node, name) => compileFunctionBody(context, node, name),
    };
    return context;
  }

  #global(name: string, offset: number): Box {
    const known = this.#cells.get(name);
    if (known !== undefined) return known;
    const initial = this.#initialOf(name, offset);
    const cell: Cell = { value: initial, initial };
    this.#cells.set(name, cell);
    const variable = this.#variables.get(name);
    const isAssigned = this.#resolution.global(name).assignments.length > 0;
    if (isAssigned) this.#assigned.push(cell);
    if (variable !== undefined) {
      this.#filled.push({ cell, variable });
      if (variable.scope !== undefined) this.scopes.push(variable.scope);
    }
    return cell;
  }

  #initialOf(name: string, offset: number): LuaValue {
    if (this.#environment.globals.has(name)) return this.#environment.globals.get(name);
    if (isRecordFunction(name)) return this.#functionValue(name, offset);
    if (this.#variables.has(name) || this.#resolution.global(name).assignments.length > 0) return undefined;
    const why = refusedGlobals.get(name);
    if (why !== undefined) throw new LuaFault(`"${name}" is not available: ${why}`, offset);
    throw new LuaFault(`variable "${name}" is not known: nothing gives it a value`, offset);
  }

  /** A function that is passed on as a value, so that nothing is known of its calls. */
  #functionValue(name: RecordFunctionName, offset: number): LuaFunction {
    this.scopes.push(wholeAddress);
    return new LuaFunction(name, (args) => this.#callComputed(name, args, offset, new Map()));
  }

  #compileCall(call: WrittenCall, args: EvaluateAll): EvaluateAll | undefined {
    if (call.name === 'include') return this.#compileInclude(call);
    if (!isRecordFunction(call.name)) {
      this.#refuseUnknown(call);
      return undefined;
    }
    const { name, offset, line } = call;
    const constants = this.#constantArguments(call);
    const { machine } = this;
    if (constants !== undefined) {
      const prepared = this.#prepare(name, constants, offset, this.#services);
      this.#addScope(prepared);
      return () => {
        machine.spend(1);
        machine.line = line;
        return this.#evaluate(prepared);
      };
    }
    const remembered = new Map<string, Prepared>();
    this.#prepareLikely(call, remembered);
    this.#addComputedScope(name);
    return (frame) => {
      const values = args(frame);
      machine.spend(1);
      machine.line = line;
      return this.#callComputed(name, values, offset, remembered);
    };
  }

  #refuseUnknown({ name, offset }: WrittenCall): void {
    const isKnown = this.#environment.globals.has(name) || this.#variables.has(name) || refusedGlobals.has(name);
    if (isKnown) return;
    const expected = 'expected one such as ifportup or pickrandom, or one that the code declares';
    throw new LuaFault(`function "${name}" is not known: ${expected}`, offset);
  }

  #constantArguments(call: WrittenCall): readonly LuaConstant[] | undefined {
    const args = call.args.map((node) => this.#constants.constant(node));
    return args.every((arg) => arg !== undefined) ? args : undefined;
  }

  /** Registers the targets of arguments that the code may come to, so that their checks run before the first query. */
  #prepareLikely(call: WrittenCall, remembered: Map<string, Prepared>): void {
    const { name, offset } = call;
    if (!isRecordFunction(name)) return;
    for (const args of this.#constants.combinations(call.args)) {
      const key = keyOf(args);
      if (key === undefined || remembered.has(key)) continue;
      try {
        remembered.set(key, this.#prepare(name, args, offset, this.#services));
      } catch (error) {
        // This combination may never come about; if it does, the query is told.
        if (!(error instanceof LuaFault)) throw error;
      }
    }
  }

  #prepare(name: RecordFunctionName, args: readonly LuaConstant[], offset: number, services: LuaServices): Prepared {
    const { type, zone, owner } = this.#source;
    return preparations[name]({ ...services, name, type, zone, owner, args, offset });
  }

  #addScope(prepared: Prepared): void {
    if (prepared.kind === 'steered') {
      const { steering } = prepared;
      this.scopes.push((client) => {
        const answer = steering(client);
        return answer.kind === 'records' ? answer.scopeBits : 0;
      });
    } else if (prepared.scope !== undefined) this.scopes.push(prepared.scope);
  }

  /** Nothing is known of the arguments: the answer may depend on the whole address. */
  #addComputedScope(name: RecordFunctionName): void {
    if (!independent.has(name)) this.scopes.push(wholeAddress);
  }

  #callComputed(
    name: RecordFunctionName,
    args: LuaValues,
    offset: number,
    remembered: Map<string, Prepared>,
  ): LuaValues {
    try {
      const constants = args.map((value) => constantOf(value, offset));
      while (constants.at(-1)?.kind === 'nil') constants.pop();
      const key = keyOf(constants);
      const known = key === undefined ? undefined : remembered.get(key);
      const prepared = known ?? this.#prepare(name, constants, offset, this.#computing);
      if (known === undefined) {
        // Making a call ready costs as much as a good deal of code.
        this.machine.spend(10 + constants.length);
        if (remembered.size >= maxRemembered) remembered.clear();
        if (key !== undefined) remembered.set(key, prepared);
      }
      return this.#evaluate(prepared);
    } catch (error) {
      if (error instanceof LuaFault) throw new LuaError(`${name}: ${error.message}`);
      throw error;
    }
  }

  #evaluate(prepared: Prepared): LuaValues {
    const { run, machine } = this;
    if (prepared.kind === 'value') return [prepared.evaluate(run)];
    if (prepared.kind === 'steered') return [SteeredObject.of(prepared.steering, run)];
    run.startChoice();
    prepared.choose(run);
    if (run.failure !== undefined) throw new LuaError(run.failure);
    const { candidates, givesList } = prepared;
    if (!givesList) {
      if (run.count === 0) throw new LuaError('there is nothing to give');
      return [candidates[run.picked[0] ?? 0]?.text];
    }
    const table = new LuaTable();
    machine.spend(run.count / 8);
    for (let at = 0; at < run.count; at++) table.set(at + 1, candidates[run.picked[at] ?? 0]?.text);
    return [table];
  }

  #compileInclude({ args, offset, line }: WrittenCall): EvaluateAll {
    const [label] = args;
    if (label?.type !== 'StringLiteral') throw new LuaFault('include takes the label of a snippet', offset);
    const name = label.value;
    if (!this.#snippets.has(name)) {
      // Set first, since a snippet may include itself; running it then ends by the depth of calls.
      const functions: LuaFunction[] = [];
      this.#snippets.set(name, functions);
      for (const chunk of this.#included.get(name) ?? []) {
        functions.push(compileFunctionBody(this.#context, chunk, `snippet ${name}`)(undefined));
      }
    }
    const functions = this.#snippets.get(name) ?? [];
    const { operators } = this.#environment;
    return () => {
      for (const each of functions) operators.call(each, noValues);
      this.machine.line = line;
      return noValues;
    };
  }
}

/** Functions whose answers never depend on the client, whatever their arguments are. */
const independent: ReadonlySet<RecordFunctionName> = new Set<RecordFunctionName>([
  'pickrandom',
  'pickrandomsample',
  'pickwrandom',
  'picknamehashed',
  'all',
  'latlonMagic',
  'geoiplookup',
  'createReverse',
  'createReverse6',
  'createForward',
  'createForward6',
  'filterForward',
]);

function keyOf(args: readonly LuaConstant[]): string | undefined {
  const keys = args.map(constantKey);
  return keys.includes(undefined) ? undefined : keys.join(';');
}

/** The value of a constant, for records that are one. */
export function constantValue(constant: LuaConstant): LuaValue {
  return valueOf(constant);
}
