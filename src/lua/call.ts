/** What one call of the house's functions is prepared from, and what it is prepared to. */
import type { Prng } from '#base/prng.ts';
import type { Name } from '#dns/wire/name.ts';
import type { GeoSource } from '#geo/source.ts';
import type { LuaConstant } from './constant.ts';
import type { HealthSource } from './health.ts';
import type { LuaValue } from './language/value.ts';
import type { RecordSource } from './records.ts';
import type { Run } from './run.ts';
import type { ScopeOf } from './scope.ts';
import type { Steering, SteerSource } from './steer.ts';

/** What the code of records is compiled with. */
export interface LuaServices {
  readonly health: HealthSource;
  readonly geo: GeoSource;
  readonly steer: SteerSource;
  /** What `dblookup` reads; nothing where absent, as while zones are read. */
  readonly records?: RecordSource;
  readonly prng: Prng;
  /** `lua-records-exec-limit`: steps that one evaluation may take (language/machine.ts); 10,000 where absent. */
  readonly stepLimit?: number;
}

/** One call to prepare. */
export interface LuaCall extends LuaServices {
  readonly name: string;
  /** The type of the records to give. */
  readonly type: number;
  readonly zone: Name;
  /** The record's own name, a wildcard where it is one. */
  readonly owner: Name;
  readonly args: readonly LuaConstant[];
  /** Where the call begins. */
  readonly offset: number;
}

/** A value that a choice may give, and where it stands. */
export interface Candidate {
  readonly text: string;
  readonly offset: number;
  /** What is given where nothing fits: it need not be data of the record's type, and is SERVFAIL then. */
  readonly isFallback?: boolean;
}

/** A choice among values that are known: the usual case, which answers from prebuilt records. */
export interface Choice {
  readonly kind: 'choice';
  readonly candidates: readonly Candidate[];
  /** Whether code gets a table of values rather than one. */
  readonly givesList: boolean;
  /** Whether the values are addresses of endpoints, which make no names. */
  readonly areAddresses: boolean;
  readonly scope?: ScopeOf | undefined;
  /** Picks indexes of candidates into `run`, or fails it. */
  choose(run: Run): void;
}

/** Any other value. */
export interface Computed {
  readonly kind: 'value';
  readonly scope?: ScopeOf | undefined;
  /** Throws `LuaError`. */
  evaluate(run: Run): LuaValue;
}

/** What a policy decides. */
export interface Steered {
  readonly kind: 'steered';
  readonly steering: Steering;
}

export type Prepared = Choice | Computed | Steered;

/** Prepares a call; throws `LuaFault`, and registers nothing then. */
export type LuaPreparation = (call: LuaCall) => Prepared;
