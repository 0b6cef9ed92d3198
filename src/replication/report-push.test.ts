import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'node:test';
import { createReportPush } from './report-push.ts';
import type { PushTransition } from './report-push.ts';

/** A coordinator of the test: collects bodies and lets the test wait for one. */
class Collector {
  readonly bodies: unknown[] = [];
  readonly authorizations: (string | undefined)[] = [];
  readonly connections = new Set<unknown>();
  status = 200;
  #waiting: (() => void)[] = [];
  readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => void this.#take(request, response));
  }

  static async listen(): Promise<Collector> {
    const collector = new Collector();
    collector.server.listen(0, '127.0.0.1');
    await once(collector.server, 'listening');
    return collector;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async until(done: () => boolean): Promise<void> {
    while (!done()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.connections.add(request.socket);
    this.authorizations.push(request.headers.authorization);
    let text = '';
    for await (const chunk of request) text += String(chunk);
    this.bodies.push(JSON.parse(text));
    response.statusCode = this.status;
    response.end('{}');
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

function newPush(onTransition: (transition: PushTransition) => void, timeoutMs = 2000) {
  return createReportPush({ path: '/v1/reports', token: 'secret', onTransition, timeoutMs });
}

test('reports go to every target over one kept connection, with the token', async () => {
  const [a, b] = [await Collector.listen(), await Collector.listen()];
  const push = newPush(() => undefined);
  push.replaceTargets([a, b].map(({ url }) => ({ name: url, url })));
  for (const sequence of [1, 2, 3]) {
    push.push({ sequence });
    for (const target of [a, b]) await target.until(() => target.bodies.length >= sequence);
  }
  for (const target of [a, b]) {
    assert.deepEqual(target.bodies, [{ sequence: 1 }, { sequence: 2 }, { sequence: 3 }]);
    assert.equal(target.connections.size, 1);
    assert.equal(target.authorizations[0], 'Bearer secret');
  }
  await push.close();
  await Promise.all([a.close(), b.close()]);
});

test('a target that hangs delays no other, and gets only the newest report afterwards', async () => {
  const good = await Collector.listen();
  const hanging = createServer(() => undefined);
  hanging.listen(0, '127.0.0.1');
  await once(hanging, 'listening');
  const push = newPush(() => undefined);
  const url = `http://127.0.0.1:${(hanging.address() as AddressInfo).port}`;
  push.replaceTargets([
    { name: 'hanging', url },
    { name: 'good', url: good.url },
  ]);
  for (let sequence = 1; sequence <= 5; sequence++) {
    push.push({ sequence });
    await good.until(() => good.bodies.length >= sequence);
  }
  assert.equal(good.bodies.length, 5);
  await push.close();
  hanging.closeAllConnections();
  hanging.close();
  await good.close();
});

test('losing and reaching a target is told once each', async () => {
  const collector = await Collector.listen();
  const transitions: string[] = [];
  let told = (): void => undefined;
  const push = newPush(({ state, reason }) => {
    transitions.push(`${state}: ${reason}`);
    told();
  });
  push.replaceTargets([{ name: 'c', url: collector.url }]);
  const nextTold = (): Promise<void> => new Promise((resolve) => (told = resolve));
  let waiting = nextTold();
  push.push({ sequence: 1 });
  await waiting;
  collector.status = 401;
  waiting = nextTold();
  push.push({ sequence: 2 });
  await waiting;
  push.push({ sequence: 3 });
  await collector.until(() => collector.bodies.length >= 3);
  assert.deepEqual(transitions, ['reached: the report was taken', 'lost: it answered 401: {}']);
  await push.close();
  await collector.close();
});
