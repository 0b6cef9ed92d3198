/** `fairlead blackhole`: has the border routers discard what goes to one address, for a time (R26, RFC 7999). */
import { defineRouteOverride } from '../route-override.ts';

export const command = defineRouteOverride({
  kind: 'blackhole',
  name: 'blackhole',
  summary: 'have one address discarded at the border, for a time',
  usage: `Usage: fairlead blackhole ADDRESS --for DURATION --why TEXT [--site SITE]... [--config DIR]

Announces the address alone, with BLACKHOLE and NO_EXPORT (RFC 7999), to the border routers of the sites that may
announce the prefix around it, or of the sites that are named. Whoever is attacked at that address is off then; all
others live. 'fairlead unblackhole ADDRESS' takes it back.
Exit code: 0 in force, 1 refused, 2 wrong usage, 75 no coordinator answers.
`,
  done: (prefix, sites, until) => `${prefix} is discarded at ${sites} until ${until}`,
});
