/** What the announcer wants done, as data. */
import type { IpPrefix } from '#base/ip.ts';
import type { Permission } from '../safety/permission.ts';
import type { RouteAttributes, WantedRoute } from './attributes.ts';

/** One thing to do or to tell. */
export type AnnouncerEffect =
  | {
      readonly kind: 'announce';
      readonly prefix: IpPrefix;
      /** How the route is wanted; `attributesFor` gives what one neighbor is told. */
      readonly route: WantedRoute;
      /** What a neighbor without settings of its own is told. */
      readonly attributes: RouteAttributes;
      readonly reason: string;
    }
  | { readonly kind: 'withdraw'; readonly prefix: IpPrefix; readonly reason: string }
  | { readonly kind: 'blocked'; readonly prefix: IpPrefix; readonly permission: Permission; readonly wish: string }
  | { readonly kind: 'anchor'; readonly prefix: IpPrefix; readonly holds: boolean; readonly reason: string };
