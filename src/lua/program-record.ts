/** A record whose code is run for each query: its results as record data, its errors as failures with their line. */
import type { Client, DynamicAnswer, DynamicRecord, ExplainedAnswer } from '#dns/zone/dynamic.ts';
import { AnswerTexts } from './answer-text.ts';
import { explainWith } from './explain.ts';
import { LuaError, LuaLimit } from './language/error.ts';
import { isText, textOf } from './language/operators.ts';
import { LuaTable, typeName } from './language/value.ts';
import type { LuaValue, LuaValues } from './language/value.ts';
import type { Machine } from './language/machine.ts';
import type { Program } from './program.ts';
import type { Run } from './run.ts';
import type { ScopeOf } from './scope.ts';
import { SteeredObject } from './steered.ts';

/** As much as an extended error should carry. */
const maxReasonBytes = 200;

export class ProgramRecord implements DynamicRecord {
  readonly type: number;
  readonly #machine: Machine;
  readonly #run: Run;
  readonly #scopes: readonly ScopeOf[];
  readonly #code: () => LuaValues;
  readonly #texts: AnswerTexts;

  /** Throws `LuaFault`. */
  constructor(type: number, program: Program) {
    this.type = type;
    this.#machine = program.machine;
    this.#run = program.run;
    this.#code = program.compile();
    this.#scopes = program.scopes;
    this.#texts = new AnswerTexts(type);
  }

  evaluate(client: Client): DynamicAnswer {
    this.#run.start(client);
    try {
      return this.#answerOf(this.#code()[0], client);
    } catch (error) {
      const reason = reasonOf(error);
      // What the code raised by itself says its line already.
      const placed = /^line \d/.test(reason) ? reason : `line ${this.#machine.line}: ${reason}`;
      return { kind: 'failure', reason: placed.slice(0, maxReasonBytes) };
    }
  }

  explain(client: Client): ExplainedAnswer {
    return explainWith(this.#run, this, client);
  }

  #answerOf(value: LuaValue, client: Client): DynamicAnswer {
    const run = this.#run;
    const scopeBits = this.#scopeBits(client);
    if (value instanceof SteeredObject) {
      const { answer } = value;
      if (answer.kind === 'failure') return answer;
      return {
        ...answer,
        scopeBits,
        changePending: answer.changePending || run.changePending,
        note: answer.note ?? run.note,
      };
    }
    const rdata = textsOf(value).map((text) => {
      const parsed = this.#texts.parse(text);
      if (parsed.ok) return parsed.value;
      throw new LuaError(parsed.fault);
    });
    return { kind: 'records', rdata, changePending: run.changePending, scopeBits, note: run.note };
  }

  /** The same whatever is up: a resolver keeps what it was told about the scope longer than health lasts (R15). */
  #scopeBits(client: Client): number {
    let bits = 0;
    for (const scope of this.#scopes) bits = Math.max(bits, scope(client));
    return bits;
  }
}

/** A string is one record, a table one for each of its values. */
function textsOf(value: LuaValue): readonly string[] {
  if (isText(value)) return [textOf(value)];
  if (!(value instanceof LuaTable))
    throw new LuaError(
      `the code gave ${value === undefined ? 'nil' : `a ${typeName(value)}`}: expected a string or a table of strings`,
    );
  const texts: string[] = [];
  for (let entry = value.next(undefined); entry !== undefined; entry = value.next(entry[0])) {
    const [, text] = entry;
    if (!isText(text)) throw new LuaError(`the code gave a table with a ${typeName(text)} in it: expected strings`);
    texts.push(textOf(text));
  }
  return texts;
}

function reasonOf(error: unknown): string {
  if (error instanceof LuaError || error instanceof LuaLimit) return error.message;
  if (error instanceof RangeError) return 'the code is nested too deeply';
  return `a bug of this server: ${error instanceof Error ? error.message : String(error)}`;
}
