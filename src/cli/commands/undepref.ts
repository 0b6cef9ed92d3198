/** `fairlead undepref`: takes a de-preference back before it expires. */
import { defineRouteRestore } from '../route-override.ts';

export const command = defineRouteRestore({
  kind: 'depref',
  name: 'undepref',
  summary: 'take a de-preference back',
  argument: 'PREFIX',
  done: (prefix, sites) => `${prefix} is no longer de-preferred at ${sites}`,
});
