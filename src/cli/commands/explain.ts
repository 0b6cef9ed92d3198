/** `fairlead explain`: how a question is answered now, for one client, step by step. */
import { explanationSchema } from '#api/explanation.ts';
import type { Explanation } from '#api/explanation.ts';
import { exitCode } from '../command.ts';
import { defineControlCommand } from '../define.ts';

export const command = defineControlCommand({
  name: 'explain',
  summary: 'show how a question is answered, and why',
  usage: `Usage: fairlead explain NAME [TYPE] --from ADDRESS [-o json] [--config DIR]

Answers a question as the coordinator of this machine would, for a client or its network, and shows every step.
Exit code: 0, 1 the question makes no sense, 2 wrong usage, 75 no coordinator answers.

  --from ADDRESS     the client: an address such as 198.51.100.7, or a network such as 198.51.100.0/24
  -o, --output json  the explanation as JSON`,
  options: { from: { type: 'string' }, output: { type: 'string', short: 'o' } },
  parameters: ['NAME', '[TYPE]'],
  run: async ({ values, positionals, misused, call }) => {
    const [name = '', type] = positionals;
    if (values.from === undefined) return misused('expected --from with the address of a client');
    if (values.output !== undefined && values.output !== 'json') {
      return misused(`got output '${values.output}', expected json`);
    }
    const body = { name, from: values.from, ...(type === undefined ? {} : { type }) };
    const answer = await call({ method: 'POST', path: '/v1/explain', body, schema: explanationSchema });
    if (!answer.ok) return answer.fault;
    const text =
      values.output === 'json' ? JSON.stringify(answer.value, undefined, 2) : renderExplanation(answer.value);
    process.stdout.write(`${text}\n`);
    return exitCode.ok;
  },
});

/** Writes an explanation for people: what was asked, what was looked at, what is answered. */
export function renderExplanation(explanation: Explanation): string {
  const { question, from, place, zone, records, rcode, answer, authority, scope, note } = explanation;
  const lines = [`${question}, asked for ${from}`];
  for (const { from: source, prefixLength, text } of place) {
    lines.push(row('place', `${text}  (${source}${source.includes('/') ? '' : `, /${prefixLength}`})`));
  }
  if (place.length === 0) lines.push(row('place', 'not known'));
  lines.push(row('zone', zone === undefined ? 'none here' : `${zone.name} serial ${zone.serial}`));
  for (const { file, line, type, code, steps, failure } of records) {
    lines.push(row('record', `LUA ${type} ${code}  (${file}:${line})`));
    const all = failure === undefined ? steps : [...steps, { step: 'failure', text: failure }];
    const width = Math.max(labelWidth, ...all.map(({ step }) => step.length));
    for (const { step, text } of all) lines.push(`  ${row(step, text, width)}`);
  }
  const all = [...answer, ...authority.map((record) => `(authority) ${record}`)];
  lines.push(row('answer', all.length === 0 ? `${rcode}, no records` : rcode));
  for (const record of all) lines.push(`    ${record}`);
  lines.push(
    row('scope', scope.endsWith('/0') ? 'everybody gets this answer' : `everybody in ${scope} gets this answer`),
  );
  if (note !== undefined) lines.push(row('note', note));
  return lines.join('\n');
}

const labelWidth = 8;

function row(label: string, text: string, width = labelWidth): string {
  return `  ${label.padEnd(width)} ${text}`;
}
