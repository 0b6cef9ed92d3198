/** A border router's config for FRR. It lowers LOCAL_PREF of 65535:0 by itself, and accepts nothing without a route-map. */
import { headLines, md5Placeholder } from './facts.ts';
import type { RouterFacts } from './facts.ts';
import { configFamilies, floorLines, listName } from './route-maps.ts';

/** Writes one session. */
export function frrConfig(facts: RouterFacts): string {
  const name = listName(facts);
  const families = configFamilies(facts);
  const lines = [
    ...headLines(facts, '!'),
    ...families.flatMap(({ ip, family, prefixes }) => [
      ...prefixes.map(
        ({ prefix }, index) => `${ip} prefix-list ${name}-${family} seq ${5 * (index + 1)} permit ${prefix}`,
      ),
      `route-map ${name}-${family}-IN permit 10`,
      ` match ${ip} address prefix-list ${name}-${family}`,
      'exit',
    ]),
    `route-map ${name}-OUT deny 10`,
    'exit',
    ...floorLines(families),
    ...bfdLines(facts),
    `router bgp ${facts.routerAsn}`,
    ...sessionLines(facts).map((line) => ` neighbor ${facts.peerAddress} ${line}`),
    ...families.flatMap(({ family }) => [
      ` address-family ${family} unicast`,
      ...[
        'activate',
        `route-map ${name}-${family}-IN in`,
        `route-map ${name}-OUT out`,
        `maximum-prefix ${facts.maxPrefixes}`,
      ].map((line) => `  neighbor ${facts.peerAddress} ${line}`),
      ' exit-address-family',
    ]),
    'exit',
  ];
  return `${lines.join('\n')}\n`;
}

function sessionLines(facts: RouterFacts): readonly string[] {
  const { holdTimeSeconds, multihop, ttlSecurityHops, role } = facts;
  return [
    `remote-as ${facts.peerAsn}`,
    `description fairlead at ${facts.site}, ${facts.speaker}`,
    `timers ${Math.floor(holdTimeSeconds / 3)} ${holdTimeSeconds}`,
    ...(facts.connection === 'active' ? ['passive'] : []),
    ...(ttlSecurityHops === undefined ? [] : [`ttl-security hops ${ttlSecurityHops}`]),
    ...(multihop === undefined || ttlSecurityHops !== undefined ? [] : [`ebgp-multihop ${multihop}`]),
    ...(facts.hasMd5 ? [`password ${md5Placeholder}`] : []),
    ...(facts.bfd === undefined ? [] : ['bfd']),
    // Plain BFD drops the stale routes as soon as it misses the process that restarts.
    ...(facts.bfd === undefined || !facts.gracefulRestart ? [] : ['bfd check-control-plane-failure']),
    facts.gracefulRestart ? 'graceful-restart-helper' : 'graceful-restart-disable',
    ...(role === undefined ? [] : [`local-role ${roles[role.local]}${role.isStrict ? ' strict-mode' : ''}`]),
    ...(facts.extendedNextHop ? ['capability extended-nexthop'] : []),
  ];
}

const roles = {
  provider: 'provider',
  customer: 'customer',
  routeServer: 'rs-server',
  routeServerClient: 'rs-client',
  peer: 'peer',
} as const;

function bfdLines({ bfd, peerAddress, multihop, routerAddress }: RouterFacts): readonly string[] {
  if (bfd === undefined) return [];
  const hop = multihop === undefined ? '' : ` multihop local-address ${routerAddress}`;
  return [
    'bfd',
    ` peer ${peerAddress}${hop}`,
    `  detect-multiplier ${bfd.multiplier}`,
    `  receive-interval ${bfd.intervalMs}`,
    `  transmit-interval ${bfd.intervalMs}`,
    ' exit',
    'exit',
  ];
}
