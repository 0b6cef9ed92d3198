// The scenario that `npm test` runs where Docker is: the one failure that shows every part at work.
import { backendsDie } from './1-backends-die.ts';
import { declareScenarios } from './run.ts';

await declareScenarios([backendsDie]);
