/**
 * Asks a Prometheus server for the value of an expression now (HTTP API, `/api/v1/query`), and compares it.
 *
 * With bounds, every sample must lie within them. Without, the expression is itself the condition: it passes where it has
 * a sample, as an alert would fire; a scalar passes where it is not zero. No sample at all fails: what is not measured is
 * not known to work.
 */
import { parseIp } from '#base/ip.ts';
import { assert, present } from '#base/assert.ts';
import { z } from 'zod';
import type { CheckDefinition } from '#health/check.ts';
import { httpDefaults } from '#health/check-kind.ts';
import type { HttpKind, PrometheusKind } from '#health/check-kind.ts';
import type { Ended } from './http/connection.ts';
import type { HttpRunner } from './http/run.ts';
import type { Cancel, Outcome } from './outcome.ts';

const sample = z.tuple([z.number(), z.string()]);

const answerSchema = z.discriminatedUnion('status', [
  z.object({ status: z.literal('error'), error: z.string() }),
  z.object({
    status: z.literal('success'),
    data: z.discriminatedUnion('resultType', [
      z.object({ resultType: z.literal('vector'), result: z.array(z.object({ value: sample })) }),
      z.object({ resultType: z.literal('scalar'), result: sample }),
    ]),
  }),
]);

const maxAnswerBytes = 1_048_576;

/** Runs a `prometheus` check. */
export function startPrometheus(
  check: CheckDefinition,
  what: PrometheusKind,
  { http, done }: { readonly http: HttpRunner; readonly done: (outcome: Outcome) => void },
): Cancel {
  return http.fetch(queryFor(check, what), (ended) => {
    done(judge(ended, what));
  });
}

/** The HTTP request of a check: to the server of its URL, about its own target. */
function queryFor(check: CheckDefinition, what: PrometheusKind): CheckDefinition & { readonly what: HttpKind } {
  const url = present(URL.parse(what.url), `the URL ${what.url}`);
  const address = parseIp(url.hostname.replace(/^\[|\]$/g, ''));
  assert(address !== undefined, 'the schema takes only URLs with an address');
  const expression = what.expression.replaceAll('$address', check.address).replaceAll('$port', String(check.port));
  const isTls = url.protocol === 'https:';
  const root = url.pathname.replace(/\/$/, '');
  return {
    ...check,
    address,
    port: url.port === '' ? (isTls ? 443 : 80) : Number(url.port),
    what: {
      ...httpDefaults,
      kind: isTls ? 'https' : 'http',
      path: `${root}/api/v1/query?query=${encodeURIComponent(expression)}`,
      // The wish for a text makes the whole body come; what it says is judged here.
      expectBody: { kind: 'text', value: '' },
      maxBodyBytes: maxAnswerBytes,
    },
  };
}

function judge(ended: Ended, what: PrometheusKind): Outcome {
  if (ended.kind === 'failed') return ended.outcome;
  const { status } = ended.response;
  const answer = answerSchema.safeParse(parseJson(ended.response.body().toString()));
  if (!answer.success) return { passed: false, reason: `status ${status}, not an answer of the query API` };
  if (answer.data.status === 'error')
    return { passed: false, reason: `Prometheus says: ${answer.data.error.slice(0, 200)}` };
  const { data } = answer.data;
  const values = data.resultType === 'scalar' ? [data.result[1]] : data.result.map(({ value }) => value[1]);
  return judgeValues(values.map(Number), what, data.resultType === 'scalar');
}

function judgeValues(values: readonly number[], { above, below }: PrometheusKind, isScalar: boolean): Outcome {
  const [first] = values;
  if (first === undefined) return { passed: false, reason: 'no sample' };
  if (above === undefined && below === undefined) {
    return { passed: !isScalar || (first !== 0 && !Number.isNaN(first)), reason: `value ${first}` };
  }
  const isWithin = (value: number): boolean =>
    (above === undefined || value > above) && (below === undefined || value < below);
  const outside = values.find((value) => !isWithin(value));
  if (outside === undefined) return { passed: true, reason: `value ${first}` };
  const bounds = [above === undefined ? '' : `above ${above}`, below === undefined ? '' : `below ${below}`];
  return {
    passed: false,
    reason: `value ${outside}, expected ${bounds.filter((words) => words !== '').join(' and ')}`,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
