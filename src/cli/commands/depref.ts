/** `fairlead depref`: makes a site the last choice for a prefix, for a time (R20, R26). */
import { defineRouteOverride } from '../route-override.ts';

export const command = defineRouteOverride({
  kind: 'depref',
  name: 'depref',
  summary: 'make a site the last choice for a prefix, for a time',
  usage: `Usage: fairlead depref PREFIX --for DURATION --why TEXT --site SITE... [--config DIR]

The prefix stays announced there with a higher MED, a longer path and whatever 'export.depreferred' says, so that
traffic goes elsewhere while there is an elsewhere. 'fairlead undepref PREFIX' takes it back.
Exit code: 0 in force, 1 refused, 2 wrong usage, 75 no coordinator answers.
`,
  needsSite: true,
  done: (prefix, sites, until) => `${prefix} is de-preferred at ${sites} until ${until}`,
});
