/** A border router's config for Junos, as `set` commands. */
import { headLines, md5Placeholder } from './facts.ts';
import type { FactPrefix, RouterFacts } from './facts.ts';

/** Writes one session. */
export function junosConfig(facts: RouterFacts): string {
  const name = facts.label.toUpperCase().replaceAll('_', '-');
  const prefixes = [...facts.ipv4, ...facts.ipv6];
  const policy = `set policy-options policy-statement ${name}-IN`;
  const lines = [
    ...headLines(facts, '#'),
    ...prefixes.map(({ prefix }) => `set policy-options route-filter-list ${name} ${prefix} exact`),
    'set policy-options community GRACEFUL-SHUTDOWN members 65535:0',
    `${policy} term drain from route-filter-list ${name}`,
    `${policy} term drain from community GRACEFUL-SHUTDOWN`,
    `${policy} term drain then local-preference 0`,
    `${policy} term drain then accept`,
    `${policy} term ours from route-filter-list ${name}`,
    `${policy} term ours then accept`,
    `${policy} term rest then reject`,
    `set policy-options policy-statement ${name}-OUT then reject`,
    ...sessionLines(facts, name),
    ...floorLines(prefixes),
  ];
  return `${lines.join('\n')}\n`;
}

function sessionLines(facts: RouterFacts, name: string): readonly string[] {
  const { bfd, multihop, ttlSecurityHops } = facts;
  const group = `set protocols bgp group ${name}`;
  const neighbor = `${group} neighbor ${facts.peerAddress}`;
  const families = [...(facts.ipv4.length > 0 ? ['inet'] : []), ...(facts.ipv6.length > 0 ? ['inet6'] : [])];
  return [
    `${group} type ${facts.isExternal ? 'external' : 'internal'}`,
    `${group} local-as ${facts.routerAsn}`,
    `${neighbor} local-address ${facts.routerAddress}`,
    ...(facts.isExternal ? [`${neighbor} peer-as ${facts.peerAsn}`] : []),
    `${neighbor} hold-time ${facts.holdTimeSeconds}`,
    `${neighbor} import ${name}-IN`,
    `${neighbor} export ${name}-OUT`,
    ...families.flatMap((family) => [
      `${neighbor} family ${family} unicast prefix-limit maximum ${facts.maxPrefixes}`,
      `${neighbor} family ${family} unicast prefix-limit teardown 100 idle-timeout 5`,
    ]),
    ...(facts.connection === 'active' ? [`${neighbor} passive`] : []),
    ...(multihop === undefined ? [] : [`${neighbor} multihop ttl ${multihop}`]),
    ...(ttlSecurityHops === undefined ? [] : gtsmLines(facts, name)),
    ...(facts.hasMd5 ? [`${neighbor} authentication-key ${md5Placeholder}`] : []),
    ...(bfd === undefined
      ? []
      : [
          `${neighbor} bfd-liveness-detection minimum-interval ${bfd.intervalMs}`,
          `${neighbor} bfd-liveness-detection multiplier ${bfd.multiplier}`,
        ]),
    ...(facts.gracefulRestart ? [] : [`${neighbor} graceful-restart disable`]),
    ...(facts.extendedNextHop ? [`${neighbor} family inet unicast extended-nexthop`] : []),
    ...(facts.role === undefined
      ? []
      : [`# roles (RFC 9234): ours is ${facts.role.local} where this release has them`]),
  ];
}

/** Junos sends TTL 255 with `ttl 255`, and drops lower ones by a filter. */
function gtsmLines({ peerAddress, ttlSecurityHops = 1 }: RouterFacts, name: string): readonly string[] {
  const filter = `set firewall family ${peerAddress.includes(':') ? 'inet6' : 'inet'} filter ${name}-GTSM`;
  return [
    `set protocols bgp group ${name} neighbor ${peerAddress} ttl 255`,
    `${filter} term bgp from source-address ${peerAddress}`,
    `${filter} term bgp from protocol tcp`,
    `${filter} term bgp from port bgp`,
    `${filter} term bgp from ttl-except ${256 - ttlSecurityHops}-255`,
    `${filter} term bgp then discard`,
    `${filter} term rest then accept`,
    `# apply the filter ${name}-GTSM as input of the interface towards ${peerAddress}`,
  ];
}

/** What stays when nobody speaks: a static route that any route of ours beats. */
function floorLines(prefixes: readonly FactPrefix[]): readonly string[] {
  return prefixes.flatMap(({ prefix, floorNextHop }) => {
    if (floorNextHop === undefined) return [];
    const rib = prefix.includes(':') ? 'rib inet6.0 ' : '';
    const route = `set routing-options ${rib}static route ${prefix}`;
    return [`${route} next-hop ${floorNextHop}`, `${route} preference 250`];
  });
}
