/** The variables of a program, and what functions need of those of others; filled by resolve.ts. */
import type { Chunk, Expression, FunctionDeclaration, Identifier } from 'luaparse';
import { isReader } from './pure-calls.ts';

/** A value that a variable may get. */
export interface Assignment {
  /** What is assigned; `nil` where a local is declared without a value, `unknown` where no single expression gives it. */
  readonly value: Expression | 'nil' | 'unknown';
  /** Whether every use of the variable comes after it. */
  readonly isSettled: boolean;
}

/** One variable. */
export interface Binding {
  readonly name: string;
  /** The function whose local it is; undefined for a global. */
  readonly home: FunctionInfo | undefined;
  readonly slot: number;
  isCaptured: boolean;
  readonly assignments: Assignment[];
  /** Whether its table may be changed by something else than an assignment to it. */
  escapes: boolean;
  /** Variables whose tables are part of its value: they escape where it does. */
  readonly parts: Binding[];
}

/** What a function needs when it is called. */
export class FunctionInfo {
  readonly parent: FunctionInfo | undefined;
  slotCount = 0;
  /** The parameter that a method has beside those written. */
  self: Binding | undefined;
  /** Variables of outer functions that it uses, in the order of their first use. */
  readonly upvalues: Binding[] = [];

  constructor(parent: FunctionInfo | undefined) {
    this.parent = parent;
  }

  indexOf(binding: Binding): number {
    const index = this.upvalues.indexOf(binding);
    if (index >= 0) return index;
    return this.upvalues.push(binding) - 1;
  }
}

/** What is known of the names of a program. */
export class Resolution {
  readonly globals = new Map<string, Binding>();
  readonly bindings = new Map<Identifier, Binding>();
  readonly functions = new Map<FunctionDeclaration | Chunk, FunctionInfo>();

  bindingOf(identifier: Identifier): Binding {
    return this.bindings.get(identifier) ?? this.global(identifier.name);
  }

  infoOf(node: FunctionDeclaration | Chunk): FunctionInfo {
    const info = this.functions.get(node) ?? new FunctionInfo(undefined);
    this.functions.set(node, info);
    return info;
  }

  /** Lets go of the code when everything is compiled; what runs needs variables alone. */
  forget(): void {
    for (const binding of [...this.bindings.values(), ...this.globals.values()]) {
      binding.assignments.length = 0;
      binding.parts.length = 0;
    }
    this.bindings.clear();
    this.functions.clear();
  }

  global(name: string): Binding {
    const known = this.globals.get(name);
    if (known !== undefined) return known;
    const binding = newBinding(name, undefined, 0);
    this.globals.set(name, binding);
    return binding;
  }

  /** Carries over what escapes to what it is made of; to be called after the last chunk. */
  finish(): void {
    const all = [...new Set([...this.bindings.values(), ...this.globals.values()])];
    // A function that has been given another meaning may change what it is given.
    const isRedefined = [...this.globals.values()].some(
      ({ name, assignments }) => isReader(name) && assignments.length > 0,
    );
    if (isRedefined) for (const binding of all) binding.escapes = true;
    const escaping = all.filter((each) => each.escapes);
    for (let binding = escaping.pop(); binding !== undefined; binding = escaping.pop()) {
      for (const part of binding.parts) {
        if (part.escapes) continue;
        part.escapes = true;
        escaping.push(part);
      }
    }
  }
}

export function newBinding(name: string, home: FunctionInfo | undefined, slot: number): Binding {
  return { name, home, slot, isCaptured: false, assignments: [], escapes: false, parts: [] };
}
