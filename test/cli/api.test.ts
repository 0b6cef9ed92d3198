/** The HTTP API of a running coordinator: who may call it, and what bad calls get. */
import assert from 'node:assert/strict';
import { Agent, request } from 'undici';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { faultBodySchema } from '#api/fault.ts';
import { statusSchema } from '#api/status.ts';
import { runFairlead } from '../../src/cli/process.fixture.ts';
import { addressesOf, callApi } from './ask.ts';
import type { Answer } from './ask.ts';
import { startCoordinator } from './fairlead-process.ts';
import { directoryWith, fileScope } from './scope.ts';
import { apiUrl, machineFile, newSites, releaseFiles } from './world.ts';

const timeout = 60_000;
const scope = fileScope();
const sites = newSites();
const token = 'a-shared-token';
const directory = directoryWith(scope, {
  'fairlead.yaml': machineFile(sites, { site: 'fra', api: ', tokenFile: token' }),
  token: `${token}\n`,
  ...releaseFiles(sites, { coordinators: ['fra'], siteLines: { fra: 'nodes: [{ name: fra-lb1 }]\n' } }),
});
const coordinator = await startCoordinator(scope, directory);
const url = apiUrl(sites.fra);

const report = {
  site: 'fra',
  node: 'fra-lb1',
  boot: 'b',
  sequence: 1,
  leaseMs: 3000,
  services: [],
  vips: [],
};

function post(path: string, body: unknown): Promise<Answer> {
  return callApi(`${url}${path}`, { body, token });
}

/** More than the API takes, were it read to its end. */
function* chunks(): Generator<Uint8Array> {
  for (let sent = 0; sent < 99_000_000; sent += 66_000) yield new Uint8Array(66_000);
}

function faultOf({ body }: Answer): { readonly code: string; readonly message: string } {
  return faultBodySchema.parse(body).error;
}

test('every path needs the token, the control socket none', { timeout }, async () => {
  for (const path of ['/v1/status', '/v1/history', '/v1/heads', '/v1/objects/x', '/nowhere']) {
    for (const wrong of [undefined, 'wrong', `${token}x`, '']) {
      const answer = await callApi(`${url}${path}`, wrong === undefined ? {} : { token: wrong });
      assert.equal(answer.status, 401, `${path} with ${String(wrong)}`);
      assert.equal(faultOf(answer).code, 'unauthorized');
    }
  }
  assert.equal((await callApi(`${url}/v1/reports`, { body: report })).status, 401);
  assert.equal((await callApi(`${url}/v1/status`, { token })).status, 200);
  assert.notEqual((await runFairlead(['status'], directory)).code, 75);
});

test('stop is only on the control socket', { timeout }, async () => {
  assert.equal((await post('/v1/stop', {})).status, 404);
  assert.ok(coordinator.isRunning());
});

const drain = { kind: 'drain', site: 'fra', who: 'ann', reason: 'x', durationMs: 60_000 };

for (const [what, path, body, field] of [
  ['a drain without a reason', '/v1/overrides', { ...drain, reason: ' ' }, 'reason'],
  ['a drain without an end', '/v1/overrides', { ...drain, durationMs: undefined }, 'durationMs'],
  ['a drain of another kind', '/v1/overrides', { ...drain, kind: 'up' }, 'kind'],
  ['an unknown key', '/v1/overrides', { ...drain, force: true }, 'force'],
  ['a report with a wrong number', '/v1/reports', { ...report, sequence: -1 }, 'sequence'],
  ['a report with a wrong state', '/v1/reports', { ...report, services: [{ state: 'great' }] }, 'services.0.state'],
  ['a peer report that is a report', '/v1/peer-reports', report, 'observations'],
  ['a release without files', '/v1/releases', { who: 'ann', reason: 'x' }, 'files'],
  ['a rollback to no head', '/v1/rollback', { to: 'latest', who: 'ann', reason: 'x' }, 'to'],
  ['a list', '/v1/reports', [], 'body'],
  ['null', '/v1/undrain', 'null', 'body'],
] as const) {
  test(`${what} is 400 and names '${field}'`, { timeout }, async () => {
    const answer = await post(path, body);
    assert.equal(answer.status, 400, JSON.stringify(answer.body));
    const { code, message } = faultOf(answer);
    assert.equal(code, 'bad-request');
    assert.ok(message.includes(field), message);
  });
}

test('bodies that are no JSON, empty, of another type or too large are refused in JSON', { timeout }, async () => {
  for (const text of ['{"site":', 'not json', '']) {
    const answer = await post('/v1/reports', text);
    assert.equal(answer.status, 400);
    assert.equal(faultOf(answer).code, 'bad-request');
  }
  const typed = await fetch(`${url}/v1/reports`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'text/xml' },
    body: '<a/>',
  });
  assert.equal(typed.status, 415);
  faultBodySchema.parse(await typed.json());
  const large = await request(`${url}/v1/reports`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'content-length': '99000000' },
    body: Readable.from(chunks()),
  }).catch((error: unknown) => String(error));
  if (typeof large !== 'string') assert.equal(large.statusCode, 413);
  assert.equal((await callApi(`${url}/v1/status`, { token })).status, 200, 'it goes on');
});

test('an unknown path is 404 with the path, an unknown object and head too', { timeout }, async () => {
  for (const [path, status, code] of [
    ['/v2/status', 404, 'not-found'],
    ['/v1/objects/..%2f..%2fetc%2fpasswd', 404, 'no-object'],
    [`/v1/objects/${'0'.repeat(64)}`, 404, 'no-object'],
    ['/v1/heads?since=9.9', 409, 'behind'],
    ['/v1/heads?since=x', 400, 'bad-request'],
  ] as const) {
    const answer = await callApi(`${url}${path}`, { token });
    assert.equal(answer.status, status, path);
    assert.equal(faultOf(answer).code, code);
  }
  assert.equal(faultOf(await post('/v1/rollback', { to: '7.7', who: 'a', reason: 'x' })).code, 'no-release');
});

test('heads without news are 204 after the wait that was asked for', { timeout }, async () => {
  assert.equal((await callApi(`${url}/v1/heads?since=1.1&waitMs=50`, { token })).status, 204);
  const { body } = await callApi(`${url}/v1/heads`, { token });
  assert.match(JSON.stringify(body), /^\{"heads":\[\{"epoch":1,"sequence":1,/);
});

test('a hundred polls on one connection leave no listeners behind', { timeout }, async () => {
  const dispatcher = new Agent({ connections: 1 });
  for (let poll = 0; poll < 100; poll++) {
    const options = { dispatcher, headers: { authorization: `Bearer ${token}` } };
    const { statusCode, body } = await request(`${url}/v1/heads?since=1.1&waitMs=0`, options);
    await body.dump();
    assert.equal(statusCode, 204);
  }
  await dispatcher.destroy();
  assert.doesNotMatch(coordinator.output(), /MaxListenersExceededWarning/);
});

test('reports of unknown sites, nodes and services do no harm', { timeout }, async () => {
  const service = { service: 'nope', state: 'down', reason: 'x', usableServers: 0, totalServers: 1, capacity: 0 };
  for (const body of [
    { ...report, site: 'atlantis' },
    { ...report, node: 'stranger', services: [{ ...service, service: 'www' }] },
    { ...report, services: [service], vips: [{ address: 'no address', owned: true, state: 'MASTER' }] },
    { ...report, site: '__proto__', node: 'constructor' },
  ]) {
    const answer = await post('/v1/reports', body);
    assert.ok(answer.status < 500, JSON.stringify(answer.body));
  }
  const peer = {
    ...{ site: 'atlantis', boot: 'b', sequence: 1, leaseMs: 3000, sane: true, observations: [], anchors: [] },
    ...{ overrides: [], appliedOverrides: [], release: { epoch: 9, sequence: 9 } },
  };
  assert.ok((await post('/v1/peer-reports', peer)).status < 500);
  const own = await post('/v1/peer-reports', { ...peer, site: 'fra' });
  assert.deepEqual([own.status, faultOf(own).code], [409, 'own-site']);
  const status = statusSchema.parse((await callApi(`${url}/v1/status`, { token })).body);
  assert.deepEqual(
    status.services.map(({ service: name, endpoints }) => [name, endpoints.map(({ site }) => site)]),
    [['www', ['fra', 'iad']]],
  );
  assert.deepEqual(await addressesOf(sites.fra, 'plain.example.com.'), ['192.0.2.1']);
});

test('a release with paths outside sites/ and zones/ is refused with each of them', { timeout }, async () => {
  const files = { '../../etc/passwd': 'x', 'sites/a/b.yaml': 'x', 'zones/.hidden.yaml': 'x' };
  const answer = await post('/v1/releases', { files, who: 'ann', reason: 'x' });
  assert.equal(answer.status, 422);
  for (const path of Object.keys(files)) assert.ok(JSON.stringify(answer.body).includes(path), path);
});

test('a release without this site is refused', { timeout }, async () => {
  const all = Object.entries(releaseFiles(sites));
  const files = Object.fromEntries(all.filter(([path]) => path !== 'sites/fra.yaml'));
  const answer = await post('/v1/releases', { files, who: 'ann', reason: 'x' });
  assert.equal(answer.status, 422, JSON.stringify(answer.body));
});
