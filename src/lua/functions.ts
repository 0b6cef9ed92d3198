/** How calls of the house's functions are prepared, by name. A new one is a line here and a file in functions/. */
import type { LuaCall, LuaPreparation, Steered } from './call.ts';
import { describeConstant } from './constant.ts';
import { LuaFault } from './fault.ts';
import type { RecordFunctionName } from './function-names.ts';
import { prepareCreateForward, prepareCreateForward6, prepareFilterForward } from './functions/forward-names.ts';
import { prepareIfPortUp, prepareIfUrlExtUp, prepareIfUrlUp } from './functions/if-up.ts';
import { prepareDbLookup } from './functions/lookup.ts';
import { prepareNetmask, prepareView } from './functions/networks.ts';
import {
  prepareAll,
  preparePickClosest,
  preparePickHashed,
  preparePickRandom,
  preparePickRandomSample,
} from './functions/pickers.ts';
import {
  placeCode,
  placeTest,
  prepareClosestMagic,
  prepareGeoIpLookup,
  prepareLatLon,
  prepareLatLonLoc,
  prepareLatLonMagic,
} from './functions/places.ts';
import { prepareCreateReverse, prepareCreateReverse6 } from './functions/reverse-names.ts';
import { noMoreArguments, requiredArgument } from './functions/values.ts';
import {
  preparePickCHashed,
  preparePickNameHashed,
  preparePickSelfWeighted,
  preparePickWHashed,
  preparePickWRandom,
} from './functions/weighted.ts';

export const preparations: Readonly<Record<RecordFunctionName, LuaPreparation>> = {
  ifportup: prepareIfPortUp,
  ifurlup: prepareIfUrlUp,
  ifurlextup: prepareIfUrlExtUp,
  pickrandom: preparePickRandom,
  pickrandomsample: preparePickRandomSample,
  pickhashed: preparePickHashed,
  pickwrandom: preparePickWRandom,
  pickwhashed: preparePickWHashed,
  picknamehashed: preparePickNameHashed,
  pickchashed: preparePickCHashed,
  pickclosest: preparePickClosest,
  pickselfweighted: preparePickSelfWeighted,
  all: prepareAll,
  view: prepareView,
  netmask: prepareNetmask,
  asnum: placeTest('asnum'),
  country: placeTest('country'),
  continent: placeTest('continent'),
  region: placeTest('region'),
  countryCode: placeCode('country'),
  continentCode: placeCode('continent'),
  regionCode: placeCode('region'),
  latlon: prepareLatLon,
  latlonloc: prepareLatLonLoc,
  latlonMagic: prepareLatLonMagic,
  closestMagic: prepareClosestMagic,
  geoiplookup: prepareGeoIpLookup,
  createReverse: prepareCreateReverse,
  createReverse6: prepareCreateReverse6,
  createForward: prepareCreateForward,
  createForward6: prepareCreateForward6,
  filterForward: prepareFilterForward,
  dblookup: prepareDbLookup,
  steer: prepareSteer,
};

/** `steer('www')`: what the policy of a service decides. */
function prepareSteer(call: LuaCall): Steered {
  const service = requiredArgument(call, 0, "steer('www')");
  noMoreArguments(call, 1);
  if (service.kind !== 'string')
    throw new LuaFault(`the service is ${describeConstant(service)}: expected steer('www')`, service.offset);
  const steering = call.steer.use(service.value, call.type);
  if (steering === undefined) throw new LuaFault(`there is no service "${service.value}"`, service.offset);
  return { kind: 'steered', steering };
}
