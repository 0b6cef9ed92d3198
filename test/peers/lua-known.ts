/**
 * Where fairlead deliberately answers LUA records other than PowerDNS 4.7.3 does, each with its reason. The tests hold
 * both sides of every row, so that one that is no difference any more is found.
 */

/** What of a reply differs: its data or response code, the TTL of its data, or the scope of the client subnet. */
export type LuaAspect = 'answer' | 'ttl' | 'scope';

/** One deliberate difference. */
export interface KnownLuaDifference {
  readonly reason: string;
  /** A name with its zone, and a type. */
  readonly question: string;
  readonly client?: string;
  readonly aspect: LuaAspect;
  readonly powerdns: string;
  readonly fairlead: string;
}

/** With backends up and down: see lua-health-zone.ts. */
export const knownHealthDifferences: readonly KnownLuaDifference[] = [
  {
    reason: 'an answer lives only shortly while everything is down (R13); PowerDNS never shortens a TTL',
    question: 'alldownall.health.example A',
    aspect: 'ttl',
    powerdns: '60',
    fairlead: '10',
  },
  {
    reason:
      'an answer is scoped to nobody where the client does not matter (R15); PowerDNS always says the source length',
    question: 'one.health.example A',
    client: '198.51.100.0/24',
    aspect: 'scope',
    powerdns: '24',
    fairlead: '0',
  },
];
