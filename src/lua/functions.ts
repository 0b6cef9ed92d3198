/** The functions that LUA records may call, by name. A new one is a line here and a file beside ifportup.ts. */
import type { LuaFunction } from './call.ts';
import { compileIfPortUp } from './ifportup.ts';

export const luaFunctions: ReadonlyMap<string, LuaFunction> = new Map([['ifportup', compileIfPortUp]]);
