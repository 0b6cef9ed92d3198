/** Statements and functions into closures (Lua 5.1 reference, §2.4, with the goto of 5.2 that LuaJIT has). */
import type {
  Chunk,
  Expression,
  ForGenericStatement,
  ForNumericStatement,
  FunctionDeclaration,
  Identifier,
  IfStatement,
  RepeatStatement,
  Statement,
} from 'luaparse';
import { ExpressionCompiler } from './expressions.ts';
import { ended, noValues } from './frame.ts';
import type { Ended, Evaluate, Execute, Frame, Store } from './frame.ts';
import { LuaError } from './error.ts';
import { toNumber } from './operators.ts';
import { lineOf } from './parse.ts';
import type { ProgramContext } from './program-context.ts';
import { isMethod } from './resolve.ts';
import type { FunctionInfo } from './bindings.ts';
import { isTrue, LuaFunction } from './value.ts';
import type { LuaValues } from './value.ts';
import { boxOf, compileDeclare, compileWrite } from './variables.ts';

/** Compiles a function's body; `makeClosure` of the result is called where the function is declared. */
export function compileFunctionBody(
  context: ProgramContext,
  node: FunctionDeclaration | Chunk,
  name: string,
): (frame: Frame | undefined) => LuaFunction {
  const info = context.resolution.infoOf(node);
  const compiler = new StatementCompiler(context, info);
  const parameters = node.type === 'Chunk' ? [] : parameterStores(context, node);
  const body = compiler.block(node.body);
  const isVariadic =
    node.type === 'FunctionDeclaration' && node.parameters.some(({ type }) => type === 'VarargLiteral');
  const { parent, upvalues } = info;
  return (outer) => {
    const boxes = outer === undefined || parent === undefined ? [] : upvalues.map((each) => boxOf(outer, parent, each));
    return new LuaFunction(name, (args) => {
      const varargs = isVariadic ? args.slice(parameters.length) : noValues;
      const frame: Frame = { values: [], boxes: [], upvalues: boxes, varargs, results: noValues, label: '' };
      for (let index = 0; index < parameters.length; index++) parameters[index]?.(frame, args[index]);
      body(frame);
      return frame.results;
    });
  };
}

function parameterStores({ resolution }: ProgramContext, node: FunctionDeclaration): readonly Store[] {
  const stores: Store[] = [];
  const self = isMethod(node) ? resolution.infoOf(node).self : undefined;
  if (self !== undefined) stores.push(compileDeclare(self));
  for (const parameter of node.parameters) {
    if (parameter.type === 'Identifier') stores.push(compileDeclare(resolution.bindingOf(parameter)));
  }
  return stores;
}

class StatementCompiler {
  readonly #context: ProgramContext;
  readonly #info: FunctionInfo;
  readonly #expressions: ExpressionCompiler;

  constructor(context: ProgramContext, info: FunctionInfo) {
    this.#context = context;
    this.#info = info;
    this.#expressions = new ExpressionCompiler(context, info);
  }

  /** A list of statements with the labels among them. */
  block(body: readonly Statement[]): Execute {
    const { machine } = this.#context;
    const statements = body.map((statement) => this.#statement(statement));
    const labels = new Map<string, number>();
    for (const [index, statement] of body.entries()) {
      if (statement.type === 'LabelStatement') labels.set(statement.label.name, index);
    }
    return (frame) => {
      for (let index = 0; index < statements.length; index++) {
        machine.spend(1);
        const end = statements[index]?.(frame) ?? ended.normally;
        if (end === ended.normally) continue;
        const target = end === ended.byGoto ? labels.get(frame.label) : undefined;
        if (target === undefined) return end;
        index = target - 1;
      }
      return ended.normally;
    };
  }

  #statement(statement: Statement): Execute {
    switch (statement.type) {
      case 'LocalStatement': {
        const stores = statement.variables.map((each) => compileDeclare(this.#context.resolution.bindingOf(each)));
        return assign(stores, this.#expressions.list(statement.init), stores.length);
      }
      case 'AssignmentStatement':
        return this.#assignment(statement.variables, statement.init);
      case 'CallStatement': {
        const call = this.#expressions.list([statement.expression]);
        return (frame) => {
          call(frame);
          return ended.normally;
        };
      }
      case 'FunctionDeclaration':
        return this.#declaration(statement);
      case 'ReturnStatement': {
        const values = this.#expressions.list(statement.arguments);
        return (frame) => {
          frame.results = values(frame);
          return ended.byReturn;
        };
      }
      case 'IfStatement':
        return this.#if(statement);
      case 'WhileStatement': {
        const condition = this.#expressions.one(statement.condition);
        return this.#while(condition, this.block(statement.body));
      }
      case 'DoStatement':
        return this.block(statement.body);
      case 'RepeatStatement':
        return this.#repeat(statement);
      case 'ForNumericStatement':
        return this.#numericFor(statement);
      case 'ForGenericStatement':
        return this.#genericFor(statement);
      case 'BreakStatement':
        return () => ended.byBreak;
      case 'GotoStatement': {
        const { name } = statement.label;
        return (frame) => {
          frame.label = name;
          return ended.byGoto;
        };
      }
      case 'LabelStatement':
        return () => ended.normally;
    }
  }

  #assignment(variables: readonly Expression[], init: readonly Expression[]): Execute {
    const [variable] = variables;
    const [value] = init;
    if (variables.length === 1 && init.length === 1 && variable?.type === 'Identifier' && value !== undefined) {
      const store = compileWrite(this.#context, this.#info, variable);
      const evaluate = this.#expressions.one(value);
      return (frame) => {
        store(frame, evaluate(frame));
        return ended.normally;
      };
    }
    // What is on the left is evaluated before anything is assigned.
    const targets = variables.map((each) => this.#target(each));
    const values = this.#expressions.list(init);
    return (frame) => {
      const stores = targets.map((target) => target(frame));
      const results = values(frame);
      for (let index = stores.length - 1; index >= 0; index--) stores[index]?.(frame, results[index]);
      return ended.normally;
    };
  }

  #target(node: Expression): (frame: Frame) => Store {
    const { machine, operators } = this.#context;
    if (node.type === 'Identifier') {
      const store = compileWrite(this.#context, this.#info, node);
      return () => store;
    }
    if (node.type !== 'MemberExpression' && node.type !== 'IndexExpression')
      throw new Error('bug: luaparse gave an odd target');
    const base = this.#expressions.one(node.base);
    const name = node.type === 'MemberExpression' ? node.identifier.name : '';
    const key: Evaluate = node.type === 'MemberExpression' ? () => name : this.#expressions.one(node.index);
    const line = lineOf(node);
    return (frame) => {
      const table = base(frame);
      const at = key(frame);
      return (_, value) => {
        machine.line = line;
        operators.setIndex(table, at, value);
      };
    };
  }

  #declaration(node: FunctionDeclaration): Execute {
    const { identifier } = node;
    if (identifier === null) return () => ended.normally;
    const name = identifier.type === 'Identifier' ? identifier.name : identifier.identifier.name;
    if (identifier.type === 'Identifier' && node.isLocal) {
      // The variable is there before the function is, which may call itself.
      const declare = compileDeclare(this.#context.resolution.bindingOf(identifier));
      const store = compileWrite(this.#context, this.#info, identifier);
      const make = this.#context.compileFunction(node, name);
      return (frame) => {
        declare(frame, undefined);
        store(frame, make(frame));
        return ended.normally;
      };
    }
    const target = this.#target(identifier);
    const make = this.#context.compileFunction(node, name);
    return (frame) => {
      target(frame)(frame, make(frame));
      return ended.normally;
    };
  }

  #if({ clauses }: IfStatement): Execute {
    const branches = clauses.map((clause) => ({
      condition: clause.type === 'ElseClause' ? undefined : this.#expressions.one(clause.condition),
      body: this.block(clause.body),
    }));
    return (frame) => {
      for (const { condition, body } of branches) {
        if (condition === undefined || isTrue(condition(frame))) return body(frame);
      }
      return ended.normally;
    };
  }

  #while(condition: Evaluate, body: Execute): Execute {
    const { machine } = this.#context;
    return (frame) => {
      while (isTrue(condition(frame))) {
        machine.spend(1);
        const end = body(frame);
        if (end === ended.byBreak) break;
        if (end !== ended.normally) return end;
      }
      return ended.normally;
    };
  }

  #repeat(statement: RepeatStatement): Execute {
    const { machine } = this.#context;
    const body = this.block(statement.body);
    const condition = this.#expressions.one(statement.condition);
    return (frame) => {
      do {
        machine.spend(1);
        const end = body(frame);
        if (end === ended.byBreak) break;
        if (end !== ended.normally) return end;
      } while (!isTrue(condition(frame)));
      return ended.normally;
    };
  }

  #numericFor(statement: ForNumericStatement): Execute {
    const { machine } = this.#context;
    const start = this.#bound(statement.start, 'initial');
    const limit = this.#bound(statement.end, 'limit');
    const step = statement.step === null ? () => 1 : this.#bound(statement.step, 'step');
    const declare = this.#declare(statement.variable);
    const body = this.block(statement.body);
    return (frame) => {
      const first = start(frame);
      const last = limit(frame);
      const by = step(frame);
      if (by === 0) throw new LuaError("'for' step is zero");
      for (let value = first; by > 0 ? value <= last : value >= last; value += by) {
        machine.spend(1);
        declare(frame, value);
        const end = body(frame);
        if (end === ended.byBreak) break;
        if (end !== ended.normally) return end;
      }
      return ended.normally;
    };
  }

  #bound(node: Expression, what: string): (frame: Frame) => number {
    const value = this.#expressions.one(node);
    return (frame) => {
      const number = toNumber(value(frame));
      if (number === undefined) throw new LuaError(`'for' ${what} value must be a number`);
      return number;
    };
  }

  #genericFor(statement: ForGenericStatement): Execute {
    const { machine, operators } = this.#context;
    const triple = this.#expressions.list(statement.iterators);
    const stores = statement.variables.map((variable) => this.#declare(variable));
    const body = this.block(statement.body);
    return (frame) => {
      const [iterator, state, initial] = triple(frame);
      let control = initial;
      for (;;) {
        machine.spend(1);
        const values = operators.call(iterator, [state, control], 'the iterator of "for"');
        control = values[0];
        if (control === undefined) return ended.normally;
        for (let index = 0; index < stores.length; index++) stores[index]?.(frame, values[index]);
        const end: Ended = body(frame);
        if (end === ended.byBreak) return ended.normally;
        if (end !== ended.normally) return end;
      }
    };
  }

  #declare(variable: Identifier): Store {
    return compileDeclare(this.#context.resolution.bindingOf(variable));
  }
}

function assign(stores: readonly Store[], values: (frame: Frame) => LuaValues, count: number): Execute {
  return (frame) => {
    const results = values(frame);
    for (let index = 0; index < count; index++) stores[index]?.(frame, results[index]);
    return ended.normally;
  };
}
