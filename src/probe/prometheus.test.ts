import assert from 'node:assert/strict';
import http from 'node:http';
import test from 'node:test';
import type { PrometheusKind } from '#health/check-kind.ts';
import { freePort } from '../bgp-ts/test/free-port.ts';
import { checkOf, listen, run } from './checks.fixture.ts';

/** Answers of the query API as its documentation shows them. */
const vector = (...values: string[]): string =>
  JSON.stringify({
    status: 'success',
    data: {
      resultType: 'vector',
      result: values.map((value) => ({ metric: { job: 'x' }, value: [1435781451.781, value] })),
    },
  });
const scalar = (value: string): string =>
  JSON.stringify({ status: 'success', data: { resultType: 'scalar', result: [1435781451.781, value] } });

test('samples are compared with the bounds; without any, having a sample passes', async (context) => {
  const answers: Readonly<Record<string, string>> = {
    one: vector('1'),
    several: vector('5', '20'),
    none: vector(),
    nan: vector('NaN'),
    infinite: vector('+Inf'),
    zero: scalar('0'),
    two: scalar('2'),
    error: JSON.stringify({ status: 'error', errorType: 'bad_data', error: 'parse error' }),
    matrix: JSON.stringify({ status: 'success', data: { resultType: 'matrix', result: [] } }),
    odd: '<html>',
  };
  const seen: (string | undefined)[] = [];
  const server = http.createServer((request, response) => {
    seen.push(request.url);
    const query = new URL(request.url ?? '', 'http://x').searchParams.get('query') ?? '';
    response.end(answers[query]);
  });
  const port = await listen(context, server);
  const ask = (expression: string, bounds: Partial<PrometheusKind> = {}) =>
    run(checkOf({ kind: 'prometheus', url: `http://127.0.0.1:${port}/base`, expression, ...bounds }, 8080));
  const rows: [expression: string, bounds: Partial<PrometheusKind>, passed: boolean, reason: string][] = [
    ['one', {}, true, 'value 1'],
    ['none', {}, false, 'no sample'],
    ['zero', {}, false, 'value 0'],
    ['two', {}, true, 'value 2'],
    ['several', { above: 4, below: 21 }, true, 'value 5'],
    ['several', { below: 20 }, false, 'value 20, expected below 20'],
    ['several', { above: 5, below: 30 }, false, 'value 5, expected above 5 and below 30'],
    ['nan', { above: 0 }, false, 'value NaN, expected above 0'],
    ['infinite', { above: 0 }, true, 'value Infinity'],
    ['none', { above: 0 }, false, 'no sample'],
  ];
  const without: [expression: string, reason: string][] = [
    ['error', 'Prometheus says: parse error'],
    ['matrix', 'status 200, not an answer of the query API'],
    ['odd', 'status 200, not an answer of the query API'],
  ];
  for (const [expression, reason] of without) {
    assert.deepEqual(await ask(expression), { passed: false, reason, unable: true }, expression);
  }
  for (const [expression, bounds, passed, reason] of rows) {
    assert.deepEqual(await ask(expression, bounds), { passed, reason }, `${expression} ${JSON.stringify(bounds)}`);
  }
  await ask('up{instance="$address:$port"} == 1');
  assert.equal(seen.at(-1), `/base/api/v1/query?query=${encodeURIComponent('up{instance="127.0.0.1:8080"} == 1')}`);
});

test('R23: a server that cannot be asked says nothing of the target', async () => {
  const port = await freePort();
  const outcome = await run(checkOf({ kind: 'prometheus', url: `http://127.0.0.1:${port}`, expression: 'up' }, 8080));
  assert.deepEqual(outcome, {
    passed: false,
    reason: `Prometheus cannot be asked: connect 127.0.0.1:${port} refused`,
    unable: true,
  });
});
