// All scenarios of the lab, in one lab, in this order (`npm run test:full`).
import { theWorldWorks } from './0-the-world-works.ts';
import { backendsDie } from './1-backends-die.ts';
import { haproxyDies } from './2-haproxy-dies.ts';
import { siteCutOff } from './3-site-cut-off.ts';
import { coordinatorDies } from './4-coordinator-dies.ts';
import { everythingDiesAtOnce, everythingDiesInSteps } from './5-everything-dies.ts';
import { releasesTravel } from './6-releases-travel.ts';
import { behindItsPrefix } from './7-behind-its-prefix.ts';
import { restarts } from './8-restarts.ts';
import { declareScenarios } from './run.ts';

await declareScenarios([
  theWorldWorks,
  backendsDie,
  haproxyDies,
  siteCutOff,
  coordinatorDies,
  everythingDiesAtOnce,
  everythingDiesInSteps,
  releasesTravel,
  behindItsPrefix,
  restarts,
]);
