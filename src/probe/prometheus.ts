/**
 * Asks a Prometheus server for the value of an expression now (HTTP API, `/api/v1/query`), and compares it.
 *
 * With bounds, every sample must lie within them. Without, the expression is itself the condition: it passes where it has
 * a sample, as an alert would fire; a scalar passes where it is not zero. No sample at all fails: what is not measured is
 * not known to work. A server that cannot be asked, or gives no answer to the question, says nothing of the target (R23).
 */
import { parseIp } from '#base/ip.ts';
import { present } from '#base/assert.ts';
import type { CheckDefinition } from '#health/check-definition.ts';
import { httpDefaults } from '#health/check-kind.ts';
import type { PrometheusKind } from '#health/check-kind.ts';
import type { Ended } from './http/connection.ts';
import type { HttpCheck, HttpRunner } from './http/run.ts';
import { unable } from './outcome.ts';
import type { Cancel, Outcome } from './outcome.ts';

const maxAnswerBytes = 1_048_576;

/** Stands for the address of a server that is looked up. */
const unspecified = present(parseIp('0.0.0.0'), 'the unspecified address');

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
function queryFor(check: CheckDefinition, what: PrometheusKind): HttpCheck {
  const url = present(URL.parse(what.url), `the URL ${what.url}`);
  const address = parseIp(url.hostname.replace(/^\[|\]$/g, ''));
  const expression = what.expression.replaceAll('$address', check.address).replaceAll('$port', String(check.port));
  const isTls = url.protocol === 'https:';
  const root = url.pathname.replace(/\/$/, '');
  return {
    check: { ...check, address: address ?? unspecified, port: url.port === '' ? (isTls ? 443 : 80) : Number(url.port) },
    what: {
      ...httpDefaults,
      kind: isTls ? 'https' : 'http',
      ...(address === undefined ? { lookUp: url.hostname, host: url.host } : {}),
      path: `${root}/api/v1/query?query=${encodeURIComponent(expression)}`,
      // The wish for a text makes the whole body come; what it says is judged here.
      expectBody: { kind: 'text', value: '' },
      maxBodyBytes: maxAnswerBytes,
    },
  };
}

function judge(ended: Ended, what: PrometheusKind): Outcome {
  if (ended.kind === 'failed') return unable(`Prometheus cannot be asked: ${ended.outcome.reason}`);
  const { status } = ended.response;
  const answer = readAnswer(ended.response.body().toString());
  if (answer === undefined) return unable(`status ${status}, not an answer of the query API`);
  if ('error' in answer) return unable(`Prometheus says: ${answer.error.slice(0, 200)}`);
  return judgeValues(answer.values, what, answer.isScalar);
}

type Answer = { readonly error: string } | { readonly values: readonly number[]; readonly isScalar: boolean };

/** Reads `{"status":"success","data":{"resultType":"vector","result":[{"value":[1,"2"]}]}}` and what it may be besides. */
function readAnswer(text: string): Answer | undefined {
  const answer = parseJson(text);
  if (field(answer, 'status') === 'error') return { error: String(field(answer, 'error')) };
  const data = field(answer, 'data');
  const result = field(data, 'result');
  if (field(answer, 'status') !== 'success' || !Array.isArray(result)) return undefined;
  const isScalar = field(data, 'resultType') === 'scalar';
  if (!isScalar && field(data, 'resultType') !== 'vector') return undefined;
  const samples = isScalar ? [result] : result.map((series: unknown) => field(series, 'value'));
  const texts = samples.map((sample: unknown) => (Array.isArray(sample) ? (sample[1] as unknown) : undefined));
  if (!texts.every((value) => typeof value === 'string')) return undefined;
  return { values: texts.map(numberOf), isScalar };
}

/** Prometheus writes numbers as text, infinity as `+Inf`. */
function numberOf(text: string): number {
  return /^[+-]?Inf$/.test(text) ? (text.startsWith('-') ? -Infinity : Infinity) : Number(text);
}

function field(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  // The check above makes it an object that has this key.
  return (value as Readonly<Record<string, unknown>>)[key];
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
