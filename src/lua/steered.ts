/** What `steer` gives inside of a script: the answer of a policy, which a script can only return. */
import type { DynamicAnswer } from '#dns/zone/dynamic.ts';
import { LuaObject } from './language/value.ts';
import type { LuaFunction } from './language/value.ts';
import type { Run } from './run.ts';
import type { Steering } from './steer.ts';

const noMethods: ReadonlyMap<string, LuaFunction> = new Map();

export class SteeredObject extends LuaObject {
  readonly kind = 'answer of steer, which is only to be returned,';
  readonly methods: ReadonlyMap<string, LuaFunction> = noMethods;
  readonly answer: DynamicAnswer;

  constructor(answer: DynamicAnswer) {
    super();
    this.answer = answer;
  }

  /** Asks the policy for the client of a run. */
  static of(steering: Steering, run: Run): SteeredObject {
    if (run.trace === undefined || steering.explain === undefined) return new SteeredObject(steering(run.client));
    const { answer, steps } = steering.explain(run.client);
    run.trace.push(...steps);
    return new SteeredObject(answer);
  }

  toText(): string {
    return 'answer';
  }
}
