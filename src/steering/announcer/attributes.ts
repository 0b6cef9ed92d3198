/**
 * The attributes of a route towards one neighbor: from its standing (R20), what its prefix says, and what the neighbor's
 * file says, in this order of growing weight. Pure.
 *
 *   normal        what `export` says
 *   depreferred   MED 1000 higher, prepended 3 times more, LOCAL_PREF at most 50
 *   draining      as depreferred, LOCAL_PREF 0, and GRACEFUL_SHUTDOWN (RFC 8326)
 *   blackhole     BLACKHOLE and NO_EXPORT (RFC 7999) and nothing that other routes carry
 *
 * A rung keeps the communities of those above it, and never looks better than they do unless the file that speaks of
 * them, or a stronger one, says so. A number in `depreferred` counts for draining, too. Speakers send LOCAL_PREF within
 * an AS only, and prepend beyond it only.
 */
import type { NeighborExport, PrefixExport, RouteSettings, Standing } from '../export.ts';
import type { NextHop } from '../model.ts';

/** GRACEFUL_SHUTDOWN (RFC 8326 §5): neighbors prefer every other path. */
export const gracefulShutdownCommunity = '65535:0';
/** BLACKHOLE (RFC 7999 §5): the neighbor discards what goes to the prefix. */
export const blackholeCommunity = '65535:666';
/** NO_EXPORT (RFC 1997): the route stays in the neighbor's AS. */
export const noExportCommunity = '65535:65281';

/** What a lower standing changes where no file says otherwise. */
export const depreferredDefaults = { medIncrease: 1000, prependIncrease: 3, localPreference: 50 } as const;

/** A route as this site wants it told, before any neighbor's settings. */
export interface WantedRoute {
  readonly nextHop: NextHop;
  readonly standing: Standing;
  /** What the prefix says of its routes. */
  readonly settings: PrefixExport;
}

/** The attributes that a speaker is given; MED is not sent where it is absent. */
export interface RouteAttributes {
  readonly nextHop: NextHop;
  readonly communities: readonly string[];
  readonly largeCommunities: readonly string[];
  readonly prepend: number;
  readonly localPreference: number;
  readonly med?: number;
}

const defaultLocalPreference = 100;
const highestMed = 0xffff_ffff;
const mostPrepends = 32;

type Numbers = Pick<RouteAttributes, 'med' | 'prepend' | 'localPreference'>;

/** What one neighbor is told of a route; `neighbor` is its `export`, undefined where it has none. */
export function attributesFor(route: WantedRoute, neighbor: NeighborExport | undefined): RouteAttributes {
  const { nextHop, standing, settings } = route;
  // What stands later is stronger.
  const files: readonly PrefixExport[] = [settings, ...(neighbor === undefined ? [] : [neighbor])];
  const layers = layersOf(standing, files);
  return {
    nextHop,
    ...numbersOf(standing, files),
    communities: [...new Set([...layers.flatMap((layer) => layer.communities ?? []), ...wellKnown[standing]])],
    largeCommunities: [...new Set(layers.flatMap((layer) => layer.largeCommunities ?? []))],
  };
}

const wellKnown: Readonly<Record<Standing, readonly string[]>> = {
  normal: [],
  depreferred: [],
  draining: [gracefulShutdownCommunity],
  blackhole: [blackholeCommunity, noExportCommunity],
};

/** Everything whose communities a standing carries. */
function layersOf(standing: Standing, files: readonly PrefixExport[]): readonly RouteSettings[] {
  return files.flatMap((file) => {
    const { depreferred = {}, draining = {}, blackhole = {} } = file;
    switch (standing) {
      case 'normal':
        return [file];
      case 'depreferred':
        return [file, depreferred];
      case 'draining':
        return [file, depreferred, draining];
      case 'blackhole':
        return [blackhole];
    }
  });
}

function numbersOf(standing: Standing, files: readonly PrefixExport[]): Numbers {
  const med = numberOf('med', standing, files);
  return {
    prepend: numberOf('prepend', standing, files) ?? 0,
    localPreference: numberOf('localPreference', standing, files) ?? defaultLocalPreference,
    ...(med === undefined ? {} : { med }),
  };
}

type NumberName = keyof Numbers;

/** A number, and the place among the files of the one that it goes back to; -1 where none speaks of it. */
interface Said {
  readonly value: number | undefined;
  readonly rank: number;
}

const plain: Said = { value: undefined, rank: -1 };

function numberOf(name: NumberName, standing: Standing, files: readonly PrefixExport[]): number | undefined {
  if (standing === 'blackhole') return overlaid(name, plain, files, (file) => file.blackhole).value;
  const normal = overlaid(name, plain, files, (file) => file);
  if (standing === 'normal') return normal.value;
  const lower = { ...normal, value: depreferred[name](normal.value) };
  const below = overlaid(name, lower, files, (file) => file.depreferred);
  if (standing === 'depreferred') return below.value;
  const lowest = name === 'localPreference' ? { ...below, value: 0 } : below;
  return overlaid(name, lowest, files, (file) => file.draining).value;
}

/** What a number becomes where no file speaks of de-preference. */
const depreferred: Readonly<Record<NumberName, (normal: number | undefined) => number>> = {
  med: (normal = 0) => Math.min(highestMed, normal + depreferredDefaults.medIncrease),
  prepend: (normal = 0) => Math.min(mostPrepends, normal + depreferredDefaults.prependIncrease),
  localPreference: (normal = defaultLocalPreference) => Math.min(normal, depreferredDefaults.localPreference),
};

/**
 * The number with what each file says of it instead. A file weaker than the one that the number goes back to does not
 * know that one's scale: what it says counts only where it is the less preferred.
 */
function overlaid(
  name: NumberName,
  before: Said,
  files: readonly PrefixExport[],
  part: (file: PrefixExport) => RouteSettings | undefined,
): Said {
  let now = before;
  for (const [rank, file] of files.entries()) {
    const value = part(file)?.[name];
    if (value === undefined) continue;
    now = rank >= before.rank ? { value, rank } : { ...now, value: lessPreferred(name, value, now.value) };
  }
  return now;
}

function lessPreferred(name: NumberName, one: number, other = one): number {
  return name === 'localPreference' ? Math.min(one, other) : Math.max(one, other);
}
