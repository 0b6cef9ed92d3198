/** The functions that choose, test or look something up for a record: calls of them are prepared once (functions.ts). */

export const recordFunctionNames = [
  'ifportup',
  'ifurlup',
  'ifurlextup',
  'pickrandom',
  'pickrandomsample',
  'pickhashed',
  'pickwrandom',
  'pickwhashed',
  'picknamehashed',
  'pickchashed',
  'pickclosest',
  'pickselfweighted',
  'all',
  'view',
  'netmask',
  'asnum',
  'country',
  'continent',
  'region',
  'countryCode',
  'continentCode',
  'regionCode',
  'latlon',
  'latlonloc',
  'latlonMagic',
  'closestMagic',
  'geoiplookup',
  'createReverse',
  'createReverse6',
  'createForward',
  'createForward6',
  'filterForward',
  'dblookup',
  'steer',
] as const;

export type RecordFunctionName = (typeof recordFunctionNames)[number];

const names: ReadonlySet<string> = new Set(recordFunctionNames);

/** Whether a name is that of such a function. */
export function isRecordFunction(name: string): name is RecordFunctionName {
  return names.has(name);
}
