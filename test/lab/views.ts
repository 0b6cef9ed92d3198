/** What the lab's watchers look at: DNS answers by dig, routes and sessions by birdc; the parsers of their output. */

/** One DNS answer as dig saw it. */
export interface DnsView {
  /** The response code, or `no reply`. */
  readonly status: string;
  /** The data of the answer's records, sorted. */
  readonly answers: readonly string[];
}

/** What a router has from its coordinator. */
export interface RouteView {
  readonly hasRoute: boolean;
  /** BIRD's own word for the session's state, such as `Established`. */
  readonly session: string;
}

/** Asks one server once; a reply within one second or none. */
export function digCommand(server: string, name: string, type: string): string {
  return `dig @${server} ${name} ${type} +time=1 +tries=1 +noall +comments +answer 2>&1`;
}

export function parseDig(output: string): DnsView {
  const status = /status: ([A-Z]+)/.exec(output)?.[1];
  if (status === undefined) return { status: 'no reply', answers: [] };
  const answers = output
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith(';'))
    .map((line) => line.split(/\s+/).slice(4).join(' '));
  return { status, answers: answers.sort() };
}

export function describeDns({ status, answers }: DnsView): string {
  return status === 'NOERROR' ? `[${answers.join(' ')}]` : status;
}

/** Shows the coordinator's session and what came over it. */
export function routeCommand(prefix: string): string {
  return `birdc show protocols coordinator; birdc show route ${prefix} protocol coordinator`;
}

export function parseBird(output: string): RouteView {
  const session = /^coordinator\s+BGP\s+\S+\s+\S+\s+\S+\s+(\S+)/m.exec(output)?.[1];
  return { hasRoute: /^\S+\/\d+\s.*\[coordinator /m.test(output), session: session ?? 'no answer of BIRD' };
}

export function describeRoute({ hasRoute, session }: RouteView): string {
  return `${hasRoute ? 'route' : 'no route'}, session ${session}`;
}
