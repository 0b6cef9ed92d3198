/** `fairlead get checks`: every check of this site's coordinator, what it found and how it runs. */
import { checksSchema } from '#api/checks.ts';
import type { Checks, CheckStatus } from '#api/checks.ts';
import { formatDuration } from '#base/time.ts';
import { exitCode } from '../command.ts';
import { defineControlCommand } from '../define.ts';
import { formatTable, paintFor } from '../table.ts';
import type { Paint } from '../table.ts';

export const command = defineControlCommand({
  name: 'get',
  summary: 'list the checks that run here and what they find',
  usage: `Usage: fairlead get checks [-o json] [--failing] [--config DIR]

Lists every check that the coordinator of this machine runs: its state after rise and fall, the results in a
row like the last, how long the last run took and how much later than its slot it began.
Exit code: 0, 2 wrong usage, 75 no coordinator answers.

      --failing      only those that are not up
      --json         the same as -o json
  -o, --output json  as JSON`,
  parameters: ['checks'],
  options: {
    output: { type: 'string', short: 'o' },
    json: { type: 'boolean', default: false },
    failing: { type: 'boolean', default: false },
  },
  run: async ({ values, positionals, misused, call }) => {
    const [what] = positionals;
    if (what !== 'checks') return misused(`got '${what ?? ''}', expected checks`);
    if (values.output !== undefined && values.output !== 'json') {
      return misused(`got output '${values.output}', expected json`);
    }
    const answer = await call({ method: 'GET', path: '/v1/checks', schema: checksSchema });
    if (!answer.ok) return answer.fault;
    const checks = answer.value.checks.filter(({ state }) => !values.failing || state !== 'up');
    const isJson = values.json || values.output === 'json';
    const shown: Checks = { site: answer.value.site, checks };
    const text = isJson ? JSON.stringify(shown, undefined, 2) : renderChecks(shown, paintFor(process.stdout));
    process.stdout.write(`${text}\n`);
    return exitCode.ok;
  },
});

/** Writes checks as a table: those that are down first, then those of which nothing is known. */
export function renderChecks({ site, checks }: Checks, paint: Paint): string {
  if (checks.length === 0) return `no such check runs at ${site}`;
  const rank = { down: 0, unknown: 1, up: 2 };
  const sorted = checks.toSorted((a, b) => rank[a.state] - rank[b.state]);
  return formatTable(
    ['STATE', 'STREAK', 'RUNS', 'FAILED', 'TOOK', 'LATE', 'LAST', 'CHECK', 'FOR'],
    sorted.map((check) => renderCheck(check, paint)),
  );
}

function renderCheck(
  { check, state, streak, runs, failures, unable, weight, last, usedBy }: CheckStatus,
  paint: Paint,
): string[] {
  const tone = { up: 'good', down: 'bad', unknown: 'dim' } as const;
  const rest = usedBy.length > 3 ? ` and ${usedBy.length - 3} more` : '';
  return [
    paint(tone[state], state),
    streak === 0 ? '-' : `${streak} ${last?.result === 'fail' ? 'failed' : 'passed'}`,
    String(runs),
    unable === 0 ? String(failures) : `${failures}, ${unable} not run`,
    last === undefined ? '-' : formatDuration(last.durationMs),
    last === undefined ? '-' : formatDuration(last.latenessMs),
    last === undefined
      ? '-'
      : `${last.reason}${weight === undefined || last.reason.includes('weight') ? '' : `, weight ${weight}`}`,
    check,
    `${usedBy.slice(0, 3).join(' ')}${rest}`,
  ];
}
