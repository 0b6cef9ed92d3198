/** A record's code compiled to closures, with its globals and the snippets that it includes. */
import type { Chunk, Expression } from 'luaparse';
import type { DynamicSource } from '#dns/zone/dynamic.ts';
import type { LuaServices, Prepared } from './call.ts';
import { ConstantFinder } from './constant-finder.ts';
import type { LuaConstant } from './constant.ts';
import { constantGlobals, queryVariables, refusedGlobals } from './environment.ts';
import type { QueryVariable } from './environment.ts';
import { LuaFault } from './fault.ts';
import { isRecordFunction } from './function-names.ts';
import type { Resolution } from './language/bindings.ts';
import { noValues } from './language/frame.ts';
import type { Box, EvaluateAll } from './language/frame.ts';
import type { StandardLibrary } from './language/base-library.ts';
import type { Machine } from './language/machine.ts';
import type { ProgramContext, WrittenCall } from './language/program-context.ts';
import { resolve } from './language/resolve.ts';
import { compileFunctionBody } from './language/statements.ts';
import type { LuaFunction, LuaValue, LuaValues } from './language/value.ts';
import { RecordCalls } from './record-calls.ts';
import type { Run } from './run.ts';
import type { ScopeOf } from './scope.ts';
import type { ParsedCode } from './snippets.ts';

/** A global and what it is before the code assigns it. */
interface Cell extends Box {
  readonly initial: LuaValue;
}

/** A global that each query has its own value of. */
interface FilledCell {
  readonly cell: Cell;
  readonly variable: QueryVariable;
}

interface Surroundings {
  readonly machine: Machine;
  readonly run: Run;
  readonly assigned: readonly Cell[];
  readonly filled: readonly FilledCell[];
}

/** What runs a program; it holds nothing of what compiled it. */
function startOf(main: LuaFunction, { machine, run, assigned, filled }: Surroundings): () => LuaValues {
  return () => {
    machine.start();
    for (const cell of assigned) cell.value = cell.initial;
    for (const { cell, variable } of filled) cell.value = variable.read(run.client);
    return main.call(noValues);
  };
}

/** What programs are made with; all of a compiler's share it but for the targets, since one runs at a time. */
export interface ProgramServices {
  /** Registers targets when the record is sound. */
  readonly services: LuaServices;
  /** Registers targets that code computes. */
  readonly computing: LuaServices;
  readonly run: Run;
  readonly machine: Machine;
  readonly environment: StandardLibrary;
}

/** One record's code, ready to run; one run at a time. */
export class Program {
  readonly machine: Machine;
  readonly run: Run;
  readonly #resolution: Resolution;
  readonly #constants: ConstantFinder;
  readonly #calls: RecordCalls;
  readonly #environment: StandardLibrary;
  readonly #variables: ReadonlyMap<string, QueryVariable>;
  readonly #cells = new Map<string, Cell>();
  /** What is put back, and what is filled in, before each run. */
  readonly #assigned: Cell[] = [];
  readonly #filled: FilledCell[] = [];
  readonly #included: ReadonlyMap<string, readonly Chunk[]>;
  readonly #snippets = new Map<string, readonly LuaFunction[]>();
  readonly #context: ProgramContext;
  readonly #main: Chunk;

  constructor(source: DynamicSource, code: ParsedCode, services: ProgramServices) {
    const { run, machine, environment } = services;
    this.run = run;
    this.machine = machine;
    this.#environment = environment;
    this.#variables = queryVariables(source.zone);
    this.#main = code.main;
    this.#included = code.included;
    this.#resolution = resolve([code.main, ...[...code.included.values()].flat()]);
    const constants = new ConstantFinder(this.#resolution, constantGlobals);
    this.#constants = constants;
    this.#calls = new RecordCalls({ ...services, source, constants });
    this.#context = this.#contextOf();
  }

  /** What the answer depends on, wherever it stands in the code. */
  get scopes(): readonly ScopeOf[] {
    return this.#calls.scopes;
  }

  /** The call of a function of the house that is all there is, if it is one with constant arguments. */
  prepareWhole(call: WrittenCall): Prepared | undefined {
    const { name } = call;
    if (!isRecordFunction(name) || this.#resolution.global(name).assignments.length > 0) return undefined;
    return this.#calls.prepareConstant({ ...call, name });
  }

  /** What an expression is without running anything. */
  constant(node: Expression): LuaConstant | undefined {
    return this.#constants.constant(node);
  }

  /** Compiles everything; what it gives runs the code for the client of `run`. Throws `LuaFault`. */
  compile(): () => LuaValues {
    const main = compileFunctionBody(this.#context, this.#main, 'the record')(undefined);
    this.#resolution.forget();
    return startOf(main, { machine: this.machine, run: this.run, assigned: this.#assigned, filled: this.#filled });
  }

  #contextOf(): ProgramContext {
    const context: ProgramContext = {
      machine: this.machine,
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
    if (this.#resolution.global(name).assignments.length > 0) this.#assigned.push(cell);
    const variable = this.#variables.get(name);
    if (variable !== undefined) {
      this.#filled.push({ cell, variable });
      if (variable.scope !== undefined) this.#calls.scopes.push(variable.scope);
    }
    return cell;
  }

  #initialOf(name: string, offset: number): LuaValue {
    if (this.#environment.globals.has(name)) return this.#environment.globals.get(name);
    if (isRecordFunction(name)) return this.#calls.functionValue(name, offset);
    if (this.#variables.has(name) || this.#resolution.global(name).assignments.length > 0) return undefined;
    const why = refusedGlobals.get(name);
    if (why !== undefined) throw new LuaFault(`"${name}" is not available: ${why}`, offset);
    throw new LuaFault(`variable "${name}" is not known: nothing gives it a value`, offset);
  }

  #compileCall(call: WrittenCall, args: EvaluateAll): EvaluateAll | undefined {
    const { name } = call;
    if (name === 'include') return this.#compileInclude(call);
    if (isRecordFunction(name)) return this.#calls.compile({ ...call, name }, args);
    const isKnown = this.#environment.globals.has(name) || this.#variables.has(name) || refusedGlobals.has(name);
    if (isKnown) return undefined;
    const expected = 'expected one such as ifportup or pickrandom, or one that the code declares';
    throw new LuaFault(`function "${name}" is not known: ${expected}`, call.offset);
  }

  #compileInclude({ args, offset, line }: WrittenCall): EvaluateAll {
    const [label] = args;
    if (label?.type !== 'StringLiteral') throw new LuaFault('include takes the label of a snippet', offset);
    const functions = this.#snippetFunctions(label.value);
    const { operators } = this.#environment;
    return () => {
      for (const each of functions) operators.call(each, noValues);
      this.machine.line = line;
      return noValues;
    };
  }

  #snippetFunctions(label: string): readonly LuaFunction[] {
    const known = this.#snippets.get(label);
    if (known !== undefined) return known;
    // Set first, since a snippet may include itself; running it then ends by the depth of calls.
    const functions: LuaFunction[] = [];
    this.#snippets.set(label, functions);
    for (const chunk of this.#included.get(label) ?? []) {
      functions.push(compileFunctionBody(this.#context, chunk, `snippet ${label}`)(undefined));
    }
    return functions;
  }
}
