/**
 * Which variable each name is: locals with their slots, those that inner functions capture, and globals; and what each
 * is ever assigned, so that constants can be told (constant-finder.ts).
 */
import type { Chunk, Expression, FunctionDeclaration, Identifier, Statement } from 'luaparse';
import { FunctionInfo, newBinding, Resolution } from './bindings.ts';
import type { Assignment, Binding } from './bindings.ts';
import { isOpen } from './parse.ts';
import { calleeName, isReadOnlyCall } from './pure-calls.ts';

/** Resolves the names of chunks that share their globals. */
export function resolve(chunks: readonly Chunk[]): Resolution {
  const resolution = new Resolution();
  for (const chunk of chunks) new Resolver(resolution, resolution.infoOf(chunk)).chunk(chunk);
  resolution.finish();
  return resolution;
}

/** What becomes of a value: it is only read, it may be changed, or it becomes part of a variable. */
type Use = 'read' | 'escape' | Binding;

class Resolver {
  readonly #resolution: Resolution;
  #function: FunctionInfo;
  #scopes: Map<string, Binding>[] = [];
  /** How many branches, loops and functions are around. */
  #depth = 0;

  constructor(resolution: Resolution, info: FunctionInfo) {
    this.#resolution = resolution;
    this.#function = info;
  }

  chunk({ body }: Chunk): void {
    this.#block(body);
  }

  #block(body: readonly Statement[], after?: () => void): void {
    this.#scopes.push(new Map());
    for (const statement of body) this.#statement(statement);
    after?.();
    this.#scopes.pop();
  }

  /** A block that may be left out, or run several times. */
  #branch(body: readonly Statement[], after?: () => void): void {
    this.#depth++;
    this.#block(body, after);
    this.#depth--;
  }

  #declare(identifier: Identifier, assignment: Assignment): Binding {
    const binding = newBinding(identifier.name, this.#function, this.#function.slotCount++);
    binding.assignments.push(assignment);
    this.#scopes.at(-1)?.set(identifier.name, binding);
    this.#resolution.bindings.set(identifier, binding);
    return binding;
  }

  #resolve(identifier: Identifier): Binding {
    let binding: Binding | undefined;
    for (let index = this.#scopes.length - 1; index >= 0 && binding === undefined; index--) {
      binding = this.#scopes[index]?.get(identifier.name);
    }
    if (binding === undefined) return this.#resolution.global(identifier.name);
    this.#resolution.bindings.set(identifier, binding);
    for (
      let info: FunctionInfo | undefined = this.#function;
      info !== undefined && info !== binding.home;
      info = info.parent
    ) {
      binding.isCaptured = true;
      info.indexOf(binding);
    }
    return binding;
  }

  #statement(statement: Statement): void {
    switch (statement.type) {
      case 'LocalStatement': {
        this.#local(statement.variables, statement.init);
        return;
      }
      case 'AssignmentStatement': {
        this.#assignment(statement.variables, statement.init);
        return;
      }
      case 'CallStatement': {
        this.#expression(statement.expression, 'read');
        return;
      }
      case 'FunctionDeclaration': {
        this.#declaration(statement);
        return;
      }
      case 'ReturnStatement':
        for (const value of statement.arguments)
          this.#expression(value, this.#function.parent === undefined ? 'read' : 'escape');
        return;
      case 'DoStatement': {
        this.#block(statement.body);
        return;
      }
      case 'IfStatement':
        for (const clause of statement.clauses) {
          if (clause.type !== 'ElseClause') this.#expression(clause.condition, 'read');
          this.#branch(clause.body);
        }
        return;
      case 'WhileStatement':
        this.#expression(statement.condition, 'read');
        {
          this.#branch(statement.body);
          return;
        }
      case 'RepeatStatement': {
        this.#branch(statement.body, () => this.#expression(statement.condition, 'read'));
        return;
      }
      case 'ForNumericStatement':
        for (const bound of [statement.start, statement.end, statement.step]) {
          if (bound !== null) this.#expression(bound, 'read');
        }
        this.#loop([statement.variable], statement.body);
        return;
      case 'ForGenericStatement': {
        this.#genericFor(statement.variables, statement.iterators, statement.body);
        return;
      }
      case 'LabelStatement':
      case 'GotoStatement':
      case 'BreakStatement':
        return;
    }
  }

  #local(variables: readonly Identifier[], init: readonly Expression[]): void {
    // The names are declared after their values, which cannot see them; the values learn whose part they become later.
    const placeholders = init.map(() => newBinding('', undefined, 0));
    for (const [index, value] of init.entries()) this.#expression(value, placeholders[index] ?? 'escape');
    for (const [index, variable] of variables.entries()) {
      const value = init[index] ?? (isOpen(init.at(-1)) ? 'unknown' : 'nil');
      const binding = this.#declare(variable, { value, isSettled: init[index] !== undefined });
      const placeholder = placeholders[index];
      if (placeholder !== undefined) binding.parts.push(...placeholder.parts);
    }
  }

  #assignment(variables: readonly Expression[], init: readonly Expression[]): void {
    for (const [index, target] of variables.entries()) {
      const value = init[index];
      if (target.type !== 'Identifier') {
        this.#target(target);
        if (value !== undefined) this.#expression(value, 'escape');
        continue;
      }
      const binding = this.#resolve(target);
      if (value !== undefined) this.#expression(value, binding);
      const isSettled = value !== undefined && binding.home === undefined && this.#depth === 0;
      binding.assignments.push({ value: value ?? (isOpen(init.at(-1)) ? 'unknown' : 'nil'), isSettled });
    }
    for (const value of init.slice(variables.length)) this.#expression(value, 'read');
  }

  #target(target: Expression): void {
    if (target.type === 'MemberExpression') this.#expression(target.base, 'escape');
    else if (target.type === 'IndexExpression') {
      this.#expression(target.base, 'escape');
      this.#expression(target.index, 'escape');
    }
  }

  #declaration(node: FunctionDeclaration): void {
    const { identifier } = node;
    if (identifier?.type === 'Identifier') {
      const unknown: Assignment = { value: 'unknown', isSettled: true };
      if (node.isLocal) this.#declare(identifier, unknown);
      else this.#resolve(identifier).assignments.push(unknown);
    } else if (identifier !== null) this.#target(identifier);
    this.#functionBody(node);
  }

  #functionBody(node: FunctionDeclaration): void {
    const outer = this.#function;
    this.#function = new FunctionInfo(outer);
    this.#resolution.functions.set(node, this.#function);
    this.#depth++;
    this.#scopes.push(new Map());
    const unknown: Assignment = { value: 'unknown', isSettled: true };
    if (isMethod(node)) this.#function.self = this.#declare({ type: 'Identifier', name: 'self' }, unknown);
    for (const parameter of node.parameters) if (parameter.type === 'Identifier') this.#declare(parameter, unknown);
    this.#block(node.body);
    this.#scopes.pop();
    this.#depth--;
    this.#function = outer;
  }

  #loop(variables: readonly Identifier[], body: readonly Statement[]): readonly Binding[] {
    this.#scopes.push(new Map());
    const bindings = variables.map((variable) => this.#declare(variable, { value: 'unknown', isSettled: true }));
    this.#branch(body);
    this.#scopes.pop();
    return bindings;
  }

  #genericFor(variables: readonly Identifier[], iterators: readonly Expression[], body: readonly Statement[]): void {
    const [iterator] = iterators;
    const walked = iterators.length === 1 && iterator !== undefined ? walkedTable(iterator) : undefined;
    const elements = newBinding('', undefined, 0);
    if (walked === undefined) for (const each of iterators) this.#expression(each, 'escape');
    else this.#expression(walked, elements);
    // What is walked through is changed where an element of it is.
    for (const binding of this.#loop(variables, body)) binding.parts.push(...elements.parts);
  }

  #expression(node: Expression, use: Use): void {
    switch (node.type) {
      case 'Identifier': {
        this.#use(this.#resolve(node), use);
        return;
      }
      case 'MemberExpression': {
        this.#expression(node.base, use);
        return;
      }
      case 'IndexExpression':
        this.#expression(node.base, use);
        {
          this.#expression(node.index, 'read');
          return;
        }
      case 'TableConstructorExpression':
        for (const field of node.fields) {
          if (field.type === 'TableKey') this.#expression(field.key, 'escape');
          this.#expression(field.value, use);
        }
        return;
      case 'LogicalExpression':
        this.#expression(node.left, use);
        {
          this.#expression(node.right, use);
          return;
        }
      case 'BinaryExpression':
        this.#expression(node.left, 'read');
        {
          this.#expression(node.right, 'read');
          return;
        }
      case 'UnaryExpression': {
        this.#expression(node.argument, 'read');
        return;
      }
      case 'FunctionDeclaration': {
        this.#functionBody(node);
        return;
      }
      case 'CallExpression': {
        this.#call(node.base, node.arguments);
        return;
      }
      case 'TableCallExpression': {
        this.#call(node.base, [node.arguments]);
        return;
      }
      case 'StringCallExpression': {
        this.#call(node.base, [node.argument]);
        return;
      }
      case 'StringLiteral':
      case 'NumericLiteral':
      case 'BooleanLiteral':
      case 'NilLiteral':
      case 'VarargLiteral':
        return;
    }
  }

  #call(base: Expression, args: readonly Expression[]): void {
    const isReadOnly = isReadOnlyCall(base) && !this.#isLocal(base.type === 'MemberExpression' ? base.base : base);
    this.#expression(base, base.type === 'MemberExpression' && base.indexer === ':' ? 'escape' : 'read');
    for (const argument of args) this.#expression(argument, isReadOnly ? 'read' : 'escape');
  }

  #isLocal(base: Expression): boolean {
    return base.type === 'Identifier' && this.#resolve(base).home !== undefined;
  }

  #use(binding: Binding, use: Use): void {
    if (use === 'escape') binding.escapes = true;
    else if (use !== 'read') use.parts.push(binding);
  }
}

/** Whether a function is declared as `a:b`, so that it has a parameter `self`. */
export function isMethod({ identifier }: FunctionDeclaration): boolean {
  return identifier?.type === 'MemberExpression' && identifier.indexer === ':';
}

/** The table that `pairs(table)` or `ipairs(table)` goes through. */
function walkedTable(iterator: Expression): Expression | undefined {
  if (iterator.type !== 'CallExpression' || iterator.arguments.length !== 1) return undefined;
  const name = calleeName(iterator.base);
  return name === 'pairs' || name === 'ipairs' ? iterator.arguments[0] : undefined;
}
