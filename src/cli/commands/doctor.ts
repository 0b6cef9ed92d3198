/** `fairlead doctor bgp`: what live sessions lack, and the config that border routers need. */
import { bgpStatusSchema } from '#api/bgp.ts';
import type { BgpStatus } from '#api/bgp.ts';
import { didYouMean } from '#config/nearest.ts';
import { exitCode } from '../command.ts';
import { defineControlCommand } from '../define.ts';
import { aristaConfig } from '../doctor/arista.ts';
import { birdConfig } from '../doctor/bird.ts';
import { routerFacts } from '../doctor/facts.ts';
import type { RouterFacts } from '../doctor/facts.ts';
import { examine } from '../doctor/findings.ts';
import { frrConfig } from '../doctor/frr.ts';
import { gobgpConfig } from '../doctor/gobgp.ts';
import { junosConfig } from '../doctor/junos.ts';

const printers: ReadonlyMap<string, (facts: readonly RouterFacts[]) => string> = new Map([
  ['bird', each(birdConfig)],
  ['frr', each(frrConfig)],
  ['gobgp', gobgpConfig],
  ['junos', each(junosConfig)],
  ['arista', each(aristaConfig)],
]);

export const command = defineControlCommand({
  name: 'doctor',
  isForAgents: true,
  summary: "examine BGP sessions, and print border routers' config",
  usage: `Usage: fairlead doctor bgp [--for KIND] [--neighbor NAME] [--config PATH]

Says of each session what is missing beside the release and what to do about it. With --for it prints the config that
the border router needs instead: AS numbers, a filter of exactly our prefixes, a limit, GRACEFUL_SHUTDOWN, GTSM, a
placeholder for the TCP-MD5 key, BFD, graceful restart, and a static floor.
Exit code: 0 nothing is missing (or printed), 1 something is, 2 wrong usage, 75 nobody answers.

      --for KIND       ${[...printers.keys()].join(', ')}
      --neighbor NAME  this border router alone`,
  options: { for: { type: 'string' }, neighbor: { type: 'string' } },
  parameters: ['bgp'],
  run: async ({ values, positionals, misused, call }) => {
    if (positionals[0] !== 'bgp') return misused(`got '${positionals[0] ?? ''}', expected bgp`);
    const printer = values.for === undefined ? undefined : printers.get(values.for);
    if (values.for !== undefined && printer === undefined) {
      return misused(`got --for '${values.for}', expected one of ${[...printers.keys()].join(', ')}`);
    }
    const answer = await call({ method: 'GET', path: '/v1/bgp', schema: bgpStatusSchema });
    if (!answer.ok) return answer.fault;
    const status = answer.value;
    const names = status.bgp?.neighbors.map(({ name }) => name) ?? [];
    if (values.neighbor !== undefined && !names.includes(values.neighbor)) {
      return misused(`no neighbor '${values.neighbor}' at ${status.site}${didYouMean(values.neighbor, names)}`);
    }
    if (printer === undefined) return tell(status, values.neighbor);
    process.stdout.write(printer(routerFacts(status, values.neighbor)));
    return exitCode.ok;
  },
});

function each(print: (facts: RouterFacts) => string): (facts: readonly RouterFacts[]) => string {
  return (all) => all.map(print).join('\n');
}

function tell(status: BgpStatus, neighbor: string | undefined): number {
  if (status.bgp === undefined) {
    process.stdout.write(`site ${status.site} has no border routers (bgp in sites/${status.site}.yaml)\n`);
    return exitCode.ok;
  }
  const isAsked = (where: string): boolean => neighbor === undefined || where.endsWith(` ${neighbor}`);
  const findings = examine(status).filter(({ where }) => isAsked(where));
  const lines = findings.map(
    ({ where, fault, remedy }) => `${where === '' ? status.site : where}: ${fault}\n  -> ${remedy}`,
  );
  process.stdout.write(lines.length === 0 ? 'every session is as the release asks for\n' : `${lines.join('\n')}\n`);
  return findings.length === 0 ? exitCode.ok : exitCode.failed;
}
