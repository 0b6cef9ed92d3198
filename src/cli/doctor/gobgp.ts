/** A border router's config for GoBGP, in TOML. It knows no GRACEFUL_SHUTDOWN by itself: a policy does it. */
import { headLines, md5Placeholder } from './facts.ts';
import type { FactPrefix, RouterFacts } from './facts.ts';

/** Writes all sessions as one file, as policies are applied in one place for all of them. */
export function gobgpConfig(all: readonly RouterFacts[]): string {
  const [first] = all;
  if (first === undefined) return '';
  const lines = [
    '[global.config]',
    `  as = ${first.routerAsn}`,
    `  router-id = "${first.routerAddress.includes(':') ? '192.0.2.254' : first.routerAddress}"`,
    '[global.apply-policy.config]',
    `  import-policy-list = [${all.map(({ label }) => `"${label}_in"`).join(', ')}]`,
    `  export-policy-list = [${all.map(({ label }) => `"${label}_out"`).join(', ')}]`,
    '',
    '[[defined-sets.bgp-defined-sets.community-sets]]',
    '  community-set-name = "graceful_shutdown"',
    '  community-list = ["^65535:0$"]',
    ...all.flatMap((facts) => ['', ...headLines(facts, '#'), ...neighborLines(facts), ...policyLines(facts)]),
  ];
  return `${lines.join('\n')}\n`;
}

function neighborLines(facts: RouterFacts): readonly string[] {
  const { holdTimeSeconds, multihop, ttlSecurityHops, bfd } = facts;
  return [
    '[[neighbors]]',
    '  [neighbors.config]',
    `    neighbor-address = "${facts.peerAddress}"`,
    `    peer-as = ${facts.peerAsn}`,
    ...(facts.hasMd5 ? [`    auth-password = "${md5Placeholder}"`] : []),
    '  [neighbors.transport.config]',
    `    passive-mode = ${facts.connection === 'active'}`,
    '  [neighbors.timers.config]',
    `    hold-time = ${holdTimeSeconds}`,
    `    keepalive-interval = ${Math.floor(holdTimeSeconds / 3)}`,
    ...(ttlSecurityHops === undefined
      ? []
      : ['  [neighbors.ttl-security.config]', '    enabled = true', `    ttl-min = ${256 - ttlSecurityHops}`]),
    ...(multihop === undefined || ttlSecurityHops !== undefined
      ? []
      : ['  [neighbors.ebgp-multihop.config]', '    enabled = true', `    multihop-ttl = ${multihop}`]),
    ...(facts.gracefulRestart
      ? [
          '  [neighbors.graceful-restart.config]',
          '    enabled = true',
          '    helper-only = true',
          '    restart-time = 120',
        ]
      : []),
    ...(bfd === undefined
      ? []
      : [`    # BFD: ${bfd.intervalMs} ms x ${bfd.multiplier}, where this version of GoBGP has it`]),
    ...familyLines(facts, 'ipv4', facts.ipv4),
    ...familyLines(facts, 'ipv6', facts.ipv6),
  ];
}

function familyLines(facts: RouterFacts, family: string, prefixes: readonly FactPrefix[]): readonly string[] {
  if (prefixes.length === 0) return [];
  return [
    '  [[neighbors.afi-safis]]',
    '    [neighbors.afi-safis.config]',
    `      afi-safi-name = "${family}-unicast"`,
    ...(facts.gracefulRestart ? ['    [neighbors.afi-safis.mp-graceful-restart.config]', '      enabled = true'] : []),
    '    [neighbors.afi-safis.prefix-limit.config]',
    `      max-prefixes = ${facts.maxPrefixes}`,
  ];
}

/** A prefix set holds one family, so each family has statements of its own. */
function policyLines(facts: RouterFacts): readonly string[] {
  const { label } = facts;
  const families = [
    { family: 'ipv4', prefixes: facts.ipv4 },
    { family: 'ipv6', prefixes: facts.ipv6 },
  ].filter(({ prefixes }) => prefixes.length > 0);
  return [
    '[[defined-sets.neighbor-sets]]',
    `  neighbor-set-name = "${label}"`,
    `  neighbor-info-list = ["${facts.peerAddress}"]`,
    ...families.flatMap(({ family, prefixes }) => [
      '[[defined-sets.prefix-sets]]',
      `  prefix-set-name = "${label}_${family}"`,
      ...prefixes.flatMap(({ prefix }) => [
        '  [[defined-sets.prefix-sets.prefix-list]]',
        `    ip-prefix = "${prefix}"`,
      ]),
    ]),
    '[[policy-definitions]]',
    `  name = "${label}_in"`,
    ...families.flatMap(({ family }) => [
      ...statement(facts, `${family}_graceful_shutdown`, [family, 'gshut'], 'accept-route'),
      '    [policy-definitions.statements.actions.bgp-actions]',
      '      set-local-pref = 0',
      ...statement(facts, `${family}_accept`, [family], 'accept-route'),
    ]),
    ...statement(facts, 'reject', [], 'reject-route'),
    '[[policy-definitions]]',
    `  name = "${label}_out"`,
    ...statement(facts, 'export_nothing', [], 'reject-route'),
  ];
}

function statement(
  { label }: RouterFacts,
  name: string,
  of: readonly string[],
  disposition: string,
): readonly string[] {
  const [family] = of;
  return [
    '  [[policy-definitions.statements]]',
    `    name = "${label}_${name}"`,
    '    [policy-definitions.statements.conditions.match-neighbor-set]',
    `      neighbor-set = "${label}"`,
    ...(family === undefined
      ? []
      : ['    [policy-definitions.statements.conditions.match-prefix-set]', `      prefix-set = "${label}_${family}"`]),
    ...(of.includes('gshut')
      ? [
          '    [policy-definitions.statements.conditions.bgp-conditions.match-community-set]',
          '      community-set = "graceful_shutdown"',
        ]
      : []),
    '    [policy-definitions.statements.actions]',
    `      route-disposition = "${disposition}"`,
  ];
}
