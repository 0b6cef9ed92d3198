/**
 * Calls of the house's functions in one record's code: those with constant arguments are prepared when it is compiled,
 * others when they come about, and are remembered.
 */
import type { Expression } from 'luaparse';
import type { DynamicSource } from '#dns/zone/dynamic.ts';
import type { LuaServices, Prepared } from './call.ts';
import { computedGeo } from './computed-geo.ts';
import type { ConstantFinder } from './constant-finder.ts';
import { constantKey, constantOf, textOfConstant } from './constant.ts';
import type { LuaConstant } from './constant.ts';
import { LuaFault } from './fault.ts';
import type { RecordFunctionName } from './function-names.ts';
import { preparations } from './functions.ts';
import { wholeAddress } from './functions/selection.ts';
import { LuaError } from './language/error.ts';
import type { EvaluateAll } from './language/frame.ts';
import type { Machine } from './language/machine.ts';
import { isOpen } from './language/parse.ts';
import type { WrittenCall } from './language/program-context.ts';
import { LuaFunction, LuaTable } from './language/value.ts';
import type { LuaValues } from './language/value.ts';
import { readOptions } from './options.ts';
import type { Run } from './run.ts';
import type { ScopeOf } from './scope.ts';
import { SteeredObject } from './steered.ts';

/** Calls that a place in the code may remember, for arguments that differ from query to query. */
const maxRemembered = 100;

/** What the calls of one record share. */
export interface CallSurroundings {
  readonly source: DynamicSource;
  /** Registers targets when the record is sound. */
  readonly services: LuaServices;
  /** Registers targets that code computes. */
  readonly computing: LuaServices;
  readonly constants: ConstantFinder;
  readonly machine: Machine;
  readonly run: Run;
}

/** A call by the name of its function. */
type NamedCall = WrittenCall & { readonly name: RecordFunctionName };

/** A place in the code whose calls are computed, with those that it remembers. */
interface ComputedCall {
  readonly name: RecordFunctionName;
  readonly offset: number;
  readonly computing: LuaServices;
  readonly remembered: Map<string, Prepared>;
}

export class RecordCalls {
  readonly #around: CallSurroundings;
  /** What answers depend on, wherever in the code and whatever health is (R15). */
  readonly scopes: ScopeOf[] = [];

  constructor(around: CallSurroundings) {
    this.#around = around;
  }

  /** Prepares a call with constant arguments; undefined for any other. Throws `LuaFault`. */
  prepareConstant(call: NamedCall): Prepared | undefined {
    const args = call.args.map((node) => this.#around.constants.constant(node));
    if (!args.every((arg) => arg !== undefined)) return undefined;
    return this.#prepare(call.name, args, call.offset, this.#around.services);
  }

  /** Compiles a call; `evaluateArguments` gives its arguments where they are not constant. */
  compile(call: NamedCall, evaluateArguments: EvaluateAll): EvaluateAll {
    const { machine } = this.#around;
    const { name, offset, line } = call;
    const prepared = this.prepareConstant(call);
    if (prepared !== undefined) {
      this.#addScope(prepared);
      return () => {
        machine.spend(1);
        machine.line = line;
        return this.#evaluate(prepared);
      };
    }
    const remembered = new Map<string, Prepared>();
    this.#prepareLikely(call, remembered);
    const dependsOnClient = this.#mayDependOnClient(call);
    if (dependsOnClient) this.scopes.push(wholeAddress);
    const asksPlaces = dependsOnClient || name === 'geoiplookup' || name === 'latlonMagic';
    const computing = asksPlaces ? this.#computing(call) : this.#around.computing;
    return (frame) => {
      const values = evaluateArguments(frame);
      machine.spend(1);
      machine.line = line;
      return this.#callComputed({ name, offset, computing, remembered }, values);
    };
  }

  /** A function that is passed on as a value, so that nothing is known of its calls. */
  functionValue(name: RecordFunctionName, offset: number): LuaFunction {
    this.scopes.push(wholeAddress);
    const computing = this.#computing({ name, args: [] });
    const at: ComputedCall = { name, offset, computing, remembered: new Map<string, Prepared>() };
    return new LuaFunction(name, (args) => this.#callComputed(at, args));
  }

  /** What computed calls at one place are prepared with. */
  #computing({ name, args }: Pick<NamedCall, 'name' | 'args'>): LuaServices {
    const { computing, constants, source } = this.#around;
    if (name === 'steer') computing.steer.mayUseAny?.(source.type);
    const known = args.some(isOpen) ? [] : args.map((node) => constants.constant(node));
    return { ...computing, geo: computedGeo(computing.geo, name, known) };
  }

  /** Registers the targets of arguments that the code may come to, so that their checks run before the first query. */
  #prepareLikely({ name, args, offset }: NamedCall, remembered: Map<string, Prepared>): void {
    // A service that the code may name in a branch that never runs need not exist.
    if (name === 'steer') return;
    for (const constants of this.#around.constants.combinations(args)) {
      const key = keyOf(constants);
      if (key === undefined || remembered.has(key)) continue;
      try {
        remembered.set(key, this.#prepare(name, constants, offset, this.#around.services));
      } catch (error) {
        // This combination may never come about; if it does, the query is told.
        if (!(error instanceof LuaFault)) throw error;
      }
    }
  }

  #prepare(name: RecordFunctionName, args: readonly LuaConstant[], offset: number, services: LuaServices): Prepared {
    const { type, zone, owner } = this.#around.source;
    return preparations[name]({ ...services, name, type, zone, owner, args, offset });
  }

  #addScope(prepared: Prepared): void {
    const scope = prepared.kind === 'steered' ? prepared.steering.scopeBits : prepared.scope;
    if (scope !== undefined) this.scopes.push(scope);
  }

  /** Whether a call may tell clients apart although its arguments are not known. */
  #mayDependOnClient({ name, args }: NamedCall): boolean {
    if (independent.has(name)) return false;
    const index = optionsAt[name];
    if (index === undefined || args.some((arg) => isOpen(arg))) return true;
    const node: Expression | undefined = args[index];
    const options = node === undefined ? undefined : this.#around.constants.constant(node);
    if (node !== undefined && options === undefined) return true;
    const { selector, backupSelector } = readOptions(options, name === 'ifportup' ? 'port' : 'url');
    return [selector, backupSelector].some((each) => each === 'hashed' || each === 'pickclosest');
  }

  #callComputed({ name, offset, computing, remembered }: ComputedCall, args: LuaValues): LuaValues {
    try {
      for (const value of args) if (value instanceof LuaTable) this.#around.machine.spend(value.length);
      const constants = args.map((value) => constantOf(value, offset));
      while (constants.at(-1)?.kind === 'nil') constants.pop();
      const key = keyOf(constants);
      const known = key === undefined ? undefined : remembered.get(key);
      if (known !== undefined) return this.#evaluate(known);
      // Making a call ready costs as much as a good deal of code.
      this.#around.machine.spend(10 + constants.length + ringCost(name, constants));
      const prepared = this.#prepare(name, constants, offset, computing);
      if (remembered.size >= maxRemembered) remembered.clear();
      if (key !== undefined) remembered.set(key, prepared);
      return this.#evaluate(prepared);
    } catch (error) {
      if (error instanceof LuaFault) throw new LuaError(`${name}: ${error.message}`);
      throw error;
    }
  }

  #evaluate(prepared: Prepared): LuaValues {
    const { run, machine } = this.#around;
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
  'dblookup',
]);

/** Functions whose options alone decide that, and which argument these are. */
const optionsAt: Readonly<Partial<Record<RecordFunctionName, number>>> = { ifportup: 2, ifurlup: 2, ifurlextup: 1 };

/** Steps that a ring takes to make: as many points as its weights say, each hashed and put in its place. */
function ringCost(name: RecordFunctionName, [entries]: readonly LuaConstant[]): number {
  if (name !== 'pickchashed' || entries?.kind !== 'table') return 0;
  let points = 0;
  for (const entry of entries.items) {
    const weight = entry.kind === 'table' ? entry.items[0] : undefined;
    const value = weight === undefined ? 0 : Number(textOfConstant(weight));
    if (value > 0) points += value;
  }
  return points;
}

function keyOf(args: readonly LuaConstant[]): string | undefined {
  const keys = args.map(constantKey);
  return keys.includes(undefined) ? undefined : keys.join(';');
}
