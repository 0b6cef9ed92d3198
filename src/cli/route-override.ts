/** What the commands share that change a route for a time, and take that back (R26). */
import { z } from 'zod';
import { familyOf, parseIp, parsePrefix } from '#base/ip.ts';
import { parseDurationMs } from '#base/time.ts';
import { overrideSchema } from '#health/report.ts';
import type { Override } from '#health/report.ts';
import { exitCode } from './command.ts';
import type { Command } from './command.ts';
import { defineControlCommand } from './define.ts';
import { whoAmI } from './options.ts';

type RouteOverrideKind = Exclude<Override['kind'], 'drain'>;

/** A command that changes a route for a time. */
export interface RouteOverrideSpec extends Pick<Command, 'name' | 'summary' | 'usage'> {
  readonly kind: RouteOverrideKind;
  /** Whether sites must be named; else all are meant where none is. */
  readonly needsSite?: boolean;
  readonly done: (prefix: string, sites: string, until: string) => string;
}

const madeSchema = z.object({ made: z.array(overrideSchema).min(1), refused: z.array(z.string()) });

/** Makes such a command. */
export function defineRouteOverride({
  kind,
  name,
  summary,
  usage,
  needsSite = false,
  done,
}: RouteOverrideSpec): Command {
  return defineControlCommand({
    name,
    summary,
    usage: `${usage}
  -f, --for DURATION  when it ends by itself, such as 30m or 2h
  -w, --why TEXT      why, for everyone who looks at the status
  -s, --site SITE     a site that is meant; may be given several times`,
    options: {
      for: { type: 'string', short: 'f' },
      why: { type: 'string', short: 'w' },
      site: { type: 'string', short: 's', multiple: true },
    },
    parameters: [kind === 'blackhole' ? 'ADDRESS' : 'PREFIX'],
    run: async ({ values, positionals: [text = ''], misused, call }) => {
      const prefix = prefixFrom(text);
      if (prefix === undefined) return misused(`got '${text}', expected an address or a prefix, its host bits zero`);
      const reason = values.why?.trim() ?? '';
      if (reason === '') return misused('expected --why');
      const durationMs = parseDurationMs(values.for ?? '');
      if (durationMs === undefined) {
        return misused(`--for: got '${values.for ?? ''}', expected a duration such as 30m or 2h`);
      }
      if (needsSite && values.site === undefined) return misused('expected --site');
      const sites = values.site === undefined ? {} : { sites: values.site };
      const body = { kind, prefix, reason, who: whoAmI(), durationMs, ...sites };
      const answer = await call({ method: 'POST', path: '/v1/route-overrides', body, schema: madeSchema });
      if (!answer.ok) return answer.fault;
      const { made, refused } = answer.value;
      for (const fault of refused) process.stderr.write(`fairlead ${name}: ${fault}\n`);
      const [first] = made;
      const until = new Date((first?.createdAtUnixMs ?? 0) + durationMs).toISOString();
      process.stdout.write(`${done(prefix, made.map(({ site }) => site).join(', '), until)}\n`);
      return refused.length === 0 ? exitCode.ok : exitCode.failed;
    },
  });
}

/** A command that takes such a change back. */
export interface RouteRestoreSpec extends Pick<Command, 'name' | 'summary'> {
  readonly kind: RouteOverrideKind;
  readonly argument: string;
  readonly done: (prefix: string, sites: string) => string;
}

/** Makes such a command. */
export function defineRouteRestore({ kind, name, summary, argument, done }: RouteRestoreSpec): Command {
  return defineControlCommand({
    name,
    summary,
    usage: `Usage: fairlead ${name} ${argument} [--site SITE]... [--config DIR]

Exit code: 0 taken back, 1 there was none, 2 wrong usage, 75 no coordinator answers.

  -s, --site SITE  a site that is meant; all where none is named`,
    options: { site: { type: 'string', short: 's', multiple: true } },
    parameters: [argument],
    run: async ({ values, positionals: [text = ''], misused, call }) => {
      const prefix = prefixFrom(text);
      if (prefix === undefined) return misused(`got '${text}', expected an address or a prefix, its host bits zero`);
      const sites = values.site === undefined ? {} : { sites: values.site };
      const answer = await call({
        method: 'POST',
        path: '/v1/route-overrides/removals',
        body: { kind, prefix, who: whoAmI(), ...sites },
        schema: z.object({ removed: z.array(overrideSchema) }),
      });
      if (!answer.ok) return answer.fault;
      process.stdout.write(`${done(prefix, answer.value.removed.map(({ site }) => site).join(', '))}\n`);
      return exitCode.ok;
    },
  });
}

/** The prefix that is meant; an address alone is a prefix of one. */
function prefixFrom(text: string): string | undefined {
  const address = parseIp(text);
  if (address === undefined) return parsePrefix(text);
  return `${address}/${familyOf(address) === 4 ? 32 : 128}`;
}
