/** The library `math` (Lua 5.1 reference, §5.6); chance comes from the `Prng` that every record has. */
import type { Prng } from '#base/prng.ts';
import { badArgument, integerArgument, libraryOf, numberArgument } from './arguments.ts';
import type { LuaTable, LuaValues } from './value.ts';

export function mathLibrary(prng: Prng): LuaTable {
  const one = (name: string, compute: (value: number) => number) => (args: LuaValues) => [
    compute(numberArgument(args, 0, name)),
  ];
  const table = libraryOf('math.', {
    abs: one('abs', Math.abs),
    ceil: one('ceil', Math.ceil),
    floor: one('floor', Math.floor),
    sqrt: one('sqrt', Math.sqrt),
    exp: one('exp', Math.exp),
    log: one('log', Math.log),
    log10: one('log10', Math.log10),
    sin: one('sin', Math.sin),
    cos: one('cos', Math.cos),
    tan: one('tan', Math.tan),
    asin: one('asin', Math.asin),
    acos: one('acos', Math.acos),
    atan: one('atan', Math.atan),
    rad: one('rad', (degrees) => (degrees * Math.PI) / 180),
    deg: one('deg', (radians) => (radians * 180) / Math.PI),
    atan2: (args) => [Math.atan2(numberArgument(args, 0, 'atan2'), numberArgument(args, 1, 'atan2'))],
    pow: (args) => [numberArgument(args, 0, 'pow') ** numberArgument(args, 1, 'pow')],
    fmod: (args) => [numberArgument(args, 0, 'fmod') % numberArgument(args, 1, 'fmod')],
    modf: (args) => {
      const value = numberArgument(args, 0, 'modf');
      const whole = Math.trunc(value);
      return [whole, Number.isFinite(value) ? value - whole : 0];
    },
    max: (args) => [extreme(args, 'max', Math.max)],
    min: (args) => [extreme(args, 'min', Math.min)],
    random: (args) => [random(prng, args)],
    randomseed: () => [],
  });
  table.set('huge', Infinity);
  table.set('pi', Math.PI);
  return table;
}

function extreme(args: LuaValues, name: string, choose: (a: number, b: number) => number): number {
  let result = numberArgument(args, 0, name);
  for (let index = 1; index < args.length; index++) result = choose(result, numberArgument(args, index, name));
  return result;
}

function random(prng: Prng, args: LuaValues): number {
  if (args.length === 0) return prng.next();
  const first = integerArgument(args, 0, 'random');
  const [low, high] = args.length === 1 ? [1, first] : [first, integerArgument(args, 1, 'random')];
  if (low > high) throw badArgument(args.length - 1, 'random', 'interval is empty');
  return low + Math.floor(prng.next() * (high - low + 1));
}
