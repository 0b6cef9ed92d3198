/** What one function of a LUA record is compiled from: its arguments, and the house's services. */
import type { Prng } from '#base/prng.ts';
import type { DynamicRecord } from '#dns/zone/dynamic.ts';
import type { LuaConstant } from './constant.ts';
import type { GeoSource } from '#geo/source.ts';
import type { HealthSource } from './health.ts';
import type { SteerSource } from './steer.ts';

/** What functions are given beside their arguments. */
export interface LuaServices {
  readonly health: HealthSource;
  readonly geo: GeoSource;
  readonly steer: SteerSource;
  readonly prng: Prng;
}

/** One call to compile. */
export interface LuaCall extends LuaServices {
  /** The type of the records to give. */
  readonly type: number;
  readonly args: readonly LuaConstant[];
  /** Where the call begins. */
  readonly offset: number;
}

/** Compiles a call into a record; throws `LuaFault`. */
export type LuaFunction = (call: LuaCall) => DynamicRecord;
