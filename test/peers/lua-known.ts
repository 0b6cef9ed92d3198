/**
 * Where fairlead deliberately answers LUA records other than PowerDNS 4.7.3 does, each with its reason. The tests hold
 * both sides of every row, so that one that is no difference any more is found.
 */

/** What of a reply differs: its data or response code, the TTL of its data, or the scope of the client subnet. */
export type LuaAspect = 'answer' | 'ttl' | 'scope';

/** One deliberate difference. */
export interface KnownLuaDifference {
  readonly reason: string;
  /** A name below health.example, and a type. */
  readonly question: string;
  readonly client?: string;
  readonly aspect: LuaAspect;
  readonly powerdns: string;
  readonly fairlead: string;
}

/** Facts of lua-zones/ that are not ours. */
export interface KnownFactDifference {
  readonly reason: string;
  /** What we answer every client, by question: a name with its zone, and a type. */
  readonly fairlead: Readonly<Record<string, string>>;
}

/** What the test writes where we refuse the record when the zone is loaded. */
export const refused = 'refused';

/** The same for several names of one zone and type. */
function all(names: string, zone: string, said: string): Readonly<Record<string, string>> {
  return Object.fromEntries(names.split(' ').map((name) => [`${name}.${zone} A`, said]));
}

const zeros = '0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0';

export const knownFactDifferences: readonly KnownFactDifference[] = [
  {
    reason: 'what can never be answered is refused when the zone is loaded; PowerDNS says SERVFAIL to each query',
    fairlead: {
      ...all('hashempty whashempty whashzeros sampleempty randomempty wrandomzeros allempty', 'lua.example', refused),
      ...all('allmixed nothingnil wrong syntax unknown', 'lua.example', refused),
      'boolean.lua.example TXT': refused,
      'closestempty.geo.example A': refused,
    },
  },
  {
    reason: 'a negative weight is refused, as PowerDNS 5.1 does; 4.7 adds it up',
    fairlead: { 'whashnegative.lua.example A': refused },
  },
  {
    reason: 'a snippet that is not there is refused; PowerDNS goes on without it',
    fairlead: { 'includednone.lua.example A': refused },
  },
  {
    reason: 'a snippet is nothing that can be asked for, as the code of other records is not; PowerDNS fails',
    fairlead: { 'conf.lua.example LUA': 'NODATA' },
  },
  {
    reason: 'ANY gives the same for dynamic names as for others (RFC 8482)',
    fairlead: { 'list.lua.example ANY': '"RFC8482" ""' },
  },
  {
    reason: 'what is not four octets makes no reverse name; PowerDNS fills in what it finds, labels of the zone too',
    fairlead: {
      'a.b.c.d.reverse.lua.example PTR': 'error.',
      'a.b.c.d.reverse5.lua.example PTR': 'error.',
      'a.b.c.d.reverse6.lua.example PTR': 'error.',
      '2.1.reverse.lua.example PTR': 'error.',
      '2.1.reverse5.lua.example PTR': 'error.',
      '2.1.reverse6.lua.example PTR': 'error.',
    },
  },
  {
    reason: 'a label neither begins nor ends with a hyphen, as in PowerDNS 5',
    fairlead: {
      [`0.0.0.0.${zeros}.8.b.d.0.1.0.0.2.six33.lua.example PTR`]: '2001-db8--0.example.com.',
      [`1.0.0.0.0.0.0.0.0.0.0.0.${zeros}.six33.lua.example PTR`]: '0--1.example.com.',
      [`0.0.0.0.0.0.0.0.${zeros}.a.a.0.0.six33.lua.example PTR`]: '0aa--0.example.com.',
    },
  },
  {
    reason: 'an empty fallback of filterForward is NODATA, as since PowerDNS 4.9',
    fairlead: all('10-0-0-1.filtertonone foo.filtertonone', 'lua.example', 'NODATA'),
  },
  {
    reason: 'names of createForward6 are relative to the wildcard, as in PowerDNS 5; 4.7 counts the labels to the apex',
    fairlead: { '2001-db8--1.filtersix.lua.example AAAA': '2001:db8::1' },
  },
  {
    reason: 'createForward takes the further forms of PowerDNS 4.8',
    fairlead: {
      ...all('ip1-2-3-4 01020304 customer01020304', 'forward.example', '1.2.3.4'),
      ...all('host-c0a80001', 'forward.example', '192.168.0.1'),
      ...all('ABCDEF01', 'forward.example', '171.205.239.1'),
      '20010db8000000000000000000000001.forward.example AAAA': '2001:db8::1',
      'x20010db8000000000000000000000001.forward.example AAAA': '2001:db8::1',
    },
  },
  {
    reason: 'a name that holds no IPv6 address gives the unspecified one, as documented; PowerDNS 4.7 says SERVFAIL',
    fairlead: {
      'ip-2001-db8--1.forward.example AAAA': '::',
      'foo.forward.example AAAA': '::',
      '1.forward.example AAAA': '::',
    },
  },
];

/** Shares of random.example that are not ours. */
export const knownChanceDifferences: readonly {
  readonly reason: string;
  readonly question: string;
  readonly powerdns: Readonly<Record<string, number>>;
  readonly fairlead: Readonly<Record<string, number>>;
}[] = [
  {
    reason:
      'math.random draws; in PowerDNS every query has a new Lua state of the same seed, whose first number is the same',
    question: 'script.random.example A',
    powerdns: { '192.0.2.2': 1 },
    fairlead: { '192.0.2.1': 1, '192.0.2.2': 3 },
  },
];

/** With backends up and down: see lua-health-zone.ts. Answers are the names of backends. */
export const knownHealthDifferences: readonly KnownLuaDifference[] = [
  {
    reason: 'an answer lives only shortly while everything is down (R13); PowerDNS never shortens a TTL',
    question: 'alldownall A',
    aspect: 'ttl',
    powerdns: '60',
    fairlead: '10',
  },
  {
    reason: 'an answer is scoped to nobody where the client does not matter (R15); PowerDNS says the source length',
    question: 'one A',
    client: '198.51.100.0/24',
    aspect: 'scope',
    powerdns: '24',
    fairlead: '0',
  },
  {
    reason: 'ifportup takes sets in their order, as since PowerDNS 4.8',
    question: 'porttiers A',
    aspect: 'answer',
    powerdns: 'SERVFAIL',
    fairlead: 'up',
  },
  {
    reason:
      'where everything is down, the backup selector has the first set, as since PowerDNS 5.1; 4.7 takes all sets',
    question: 'tiersdown A',
    aspect: 'answer',
    powerdns: 'down+failing',
    fairlead: 'failing',
  },
  {
    reason: "backupSelector='empty' is NODATA, as since PowerDNS 5.1; 4.7 takes an unknown selector for random",
    question: 'nobackup A',
    aspect: 'answer',
    powerdns: 'down',
    fairlead: 'NODATA',
  },
];

/**
 * How many of two addresses the very first answer to `first A` has: PowerDNS takes for down what it has not checked yet,
 * and falls back to one at random; our checks run before the first answer (R11).
 */
export const firstAnswerCounts = { powerdns: 1, fairlead: 2 } as const;
