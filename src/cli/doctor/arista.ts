/** A border router's config for Arista EOS. */
import { headLines, md5Placeholder } from './facts.ts';
import type { RouterFacts } from './facts.ts';
import { configFamilies, floorLines, listName } from './route-maps.ts';

/** Writes one session. */
export function aristaConfig(facts: RouterFacts): string {
  const name = listName(facts);
  const families = configFamilies(facts);
  const lines = [
    ...headLines(facts, '!'),
    'ip community-list GRACEFUL-SHUTDOWN permit 65535:0',
    ...families.flatMap(({ ip, family, prefixes }) => [
      `${ip} prefix-list ${name}-${family}`,
      ...prefixes.map(({ prefix }, index) => `   seq ${10 * (index + 1)} permit ${prefix}`),
      '!',
      `route-map ${name}-${family}-IN permit 10`,
      `   match ${ip} address prefix-list ${name}-${family}`,
      '   match community GRACEFUL-SHUTDOWN',
      '   set local-preference 0',
      '!',
      `route-map ${name}-${family}-IN permit 20`,
      `   match ${ip} address prefix-list ${name}-${family}`,
      '!',
    ]),
    `route-map ${name}-OUT deny 10`,
    '!',
    ...floorLines(families),
    `router bgp ${facts.routerAsn}`,
    ...sessionLines(facts).map((line) => `   neighbor ${facts.peerAddress} ${line}`),
    ...families.flatMap(({ family }) => [
      '   !',
      `   address-family ${family}`,
      `      neighbor ${facts.peerAddress} activate`,
      `      neighbor ${facts.peerAddress} route-map ${name}-${family}-IN in`,
      `      neighbor ${facts.peerAddress} route-map ${name}-OUT out`,
      ...(family === 'ipv4' && facts.extendedNextHop
        ? [`      neighbor ${facts.peerAddress} next-hop address-family ipv6`]
        : []),
    ]),
  ];
  return `${lines.join('\n')}\n`;
}

function sessionLines(facts: RouterFacts): readonly string[] {
  const { holdTimeSeconds, multihop, ttlSecurityHops, bfd } = facts;
  return [
    `remote-as ${facts.peerAsn}`,
    `description fairlead at ${facts.site}, ${facts.speaker}`,
    `timers ${Math.floor(holdTimeSeconds / 3)} ${holdTimeSeconds}`,
    `maximum-routes ${facts.maxPrefixes}`,
    'send-community standard large',
    ...(facts.connection === 'active' ? ['passive'] : []),
    ...(ttlSecurityHops === undefined ? [] : [`ttl maximum-hops ${ttlSecurityHops}`]),
    ...(multihop === undefined || ttlSecurityHops !== undefined ? [] : [`ebgp-multihop ${multihop}`]),
    ...(facts.hasMd5 ? [`password ${md5Placeholder}`] : []),
    ...(bfd === undefined
      ? []
      : ['bfd', `bfd interval ${bfd.intervalMs} min-rx ${bfd.intervalMs} multiplier ${bfd.multiplier}`]),
    ...(facts.gracefulRestart ? ['graceful-restart-helper'] : []),
  ];
}
