/** What the configs for FRR and Arista EOS share: names of lists and route-maps, families, and the floor. */
import type { FactPrefix, RouterFacts } from './facts.ts';

/** A family that is told: its name in the config, the word before its commands, and its prefixes. */
export interface ConfigFamily {
  readonly family: 'ipv4' | 'ipv6';
  readonly ip: 'ip' | 'ipv6';
  readonly prefixes: readonly FactPrefix[];
}

/** What lists and route-maps of the session are named after. */
export function listName({ label }: RouterFacts): string {
  return label.toUpperCase().replaceAll('_', '-');
}

/** The families with prefixes. */
export function configFamilies({ ipv4, ipv6 }: RouterFacts): readonly ConfigFamily[] {
  const both: readonly ConfigFamily[] = [
    { family: 'ipv4', ip: 'ip', prefixes: ipv4 },
    { family: 'ipv6', ip: 'ipv6', prefixes: ipv6 },
  ];
  return both.filter(({ prefixes }) => prefixes.length > 0);
}

/** What stays when nobody speaks: static routes that any route of ours beats. */
export function floorLines(families: readonly ConfigFamily[]): readonly string[] {
  const routes = families.flatMap(({ ip, prefixes }) =>
    prefixes.flatMap(({ prefix, floorNextHop }) =>
      floorNextHop === undefined ? [] : [`${ip} route ${prefix} ${floorNextHop} 250`],
    ),
  );
  return routes.length === 0 ? [] : ['! the floor: used while no route of ours is there', ...routes];
}
