/** `fairlead unblackhole`: takes a blackhole back before it expires. */
import { defineRouteRestore } from '../route-override.ts';

export const command = defineRouteRestore({
  kind: 'blackhole',
  name: 'unblackhole',
  summary: 'take a blackhole back',
  argument: 'ADDRESS',
  done: (prefix, sites) => `${prefix} is no longer discarded at ${sites}`,
});
