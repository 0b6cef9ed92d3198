/** A border router's config for BIRD 2: filters of exactly our prefixes, GRACEFUL_SHUTDOWN, the session, the floor. */
import { headLines, md5Placeholder } from './facts.ts';
import type { FactPrefix, RouterFacts } from './facts.ts';

/** Writes one session. */
export function birdConfig(facts: RouterFacts): string {
  const families = [
    { channel: 'ipv4', prefixes: facts.ipv4 },
    { channel: 'ipv6', prefixes: facts.ipv6 },
  ].filter(({ prefixes }) => prefixes.length > 0);
  const lines = [
    ...headLines(facts, '#'),
    ...families.flatMap(({ channel, prefixes }) => filterLines(facts, channel, prefixes)),
    ...bfdLines(facts),
    `protocol bgp ${facts.label} {`,
    ...sessionLines(facts).map((line) => `  ${line};`),
    ...families.flatMap(({ channel }) => channelLines(facts, channel)),
    '}',
    ...families.flatMap(({ channel, prefixes }) => floorLines(facts, channel, prefixes)),
  ];
  return `${lines.join('\n')}\n`;
}

function filterLines({ label }: RouterFacts, channel: string, prefixes: readonly FactPrefix[]): readonly string[] {
  return [
    `filter ${label}_${channel}_in {`,
    `  if net !~ [ ${prefixes.map(({ prefix }) => prefix).join(', ')} ] then reject;`,
    '  if (65535, 0) ~ bgp_community then bgp_local_pref = 0; # GRACEFUL_SHUTDOWN (RFC 8326)',
    '  accept;',
    '}',
  ];
}

/** BIRD runs BFD for BGP only where a BFD protocol stands beside it. */
function bfdLines({ label, bfd }: RouterFacts): readonly string[] {
  if (bfd === undefined) return [];
  const interval = `interval ${bfd.intervalMs} ms; multiplier ${bfd.multiplier};`;
  return [`protocol bfd ${label}_bfd { # one for all sessions is enough`, `  interface "*" { ${interval} };`, '}'];
}

function sessionLines(facts: RouterFacts): readonly string[] {
  const { routerAddress, routerPort, routerAsn, peerAddress, peerAsn, holdTimeSeconds, multihop } = facts;
  const port = routerPort === 179 ? '' : ` port ${routerPort}`;
  return [
    `local ${routerAddress}${port} as ${routerAsn}`,
    `neighbor ${peerAddress} as ${peerAsn}`,
    ...(multihop === undefined ? [] : [`multihop ${multihop}`]),
    ...(multihop === undefined && facts.isExternal ? ['direct'] : []),
    `hold time ${holdTimeSeconds}`,
    // By default BIRD takes no session for one to five minutes after one has failed, the longer the more have.
    'error wait time 1, 5',
    ...(facts.connection === 'active' ? ['passive on'] : []),
    ...(facts.ttlSecurityHops === undefined ? [] : ['ttl security on']),
    ...(facts.hasMd5 ? [`password "${md5Placeholder}"`] : []),
    // Plain BFD flushes the stale routes as soon as it misses the process that restarts.
    ...(facts.bfd === undefined ? [] : [facts.gracefulRestart ? 'bfd graceful' : 'bfd on']),
    facts.gracefulRestart ? 'graceful restart aware' : 'graceful restart off',
    ...(facts.role === undefined ? [] : [`local role ${roles[facts.role.local]}`]),
    ...(facts.role?.isStrict === true ? ['require roles on'] : []),
  ];
}

const roles = {
  provider: 'provider',
  customer: 'customer',
  routeServer: 'rs_server',
  routeServerClient: 'rs_client',
  peer: 'peer',
} as const;

function channelLines(facts: RouterFacts, channel: string): readonly string[] {
  return [
    `  ${channel} {`,
    `    import filter ${facts.label}_${channel}_in;`,
    `    import limit ${facts.maxPrefixes} action restart;`,
    '    export none;',
    ...(channel === 'ipv4' && facts.extendedNextHop ? ['    extended next hop on;'] : []),
    '  };',
  ];
}

/** What stays when nobody speaks: a static route that any route of ours beats. */
function floorLines({ label }: RouterFacts, channel: string, prefixes: readonly FactPrefix[]): readonly string[] {
  const routes = prefixes.flatMap(({ prefix, floorNextHop }) =>
    floorNextHop === undefined ? [] : [`  route ${prefix} via ${floorNextHop};`],
  );
  if (routes.length === 0) return [];
  return [
    `protocol static ${label}_${channel}_floor { # the floor: used while no route of ours is there`,
    `  ${channel} { preference 50; };`,
    ...routes,
    '}',
  ];
}
