/** Where something stands in the policy files, for what is found wrong with it later. */
import type { DocumentPath, Problem } from './problem.ts';

/** A place in one of several policy files. */
export interface PolicyPlace {
  readonly file: string;
  readonly line: number;
  problem(message: string, at?: 'key' | 'value', below?: DocumentPath): Problem;
}
