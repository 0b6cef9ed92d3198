import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'node:test';
import { createReportPush } from './report-push.ts';

/** A coordinator of the test: collects bodies and lets the test wait for one. */
class Collector {
  readonly bodies: unknown[] = [];
  readonly calls: { readonly path: string | undefined; readonly authorization: string | undefined }[] = [];
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
    this.calls.push({ path: request.url, authorization: request.headers.authorization });
    let text = '';
    for await (const chunk of request) text += String(chunk);
    this.bodies.push(JSON.parse(text));
    response.statusCode = this.status;
    response.end('{}');
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

test('reports go out in order over one kept connection, with the token', async () => {
  const collector = await Collector.listen();
  let sequence = 0;
  const push = createReportPush({
    url: collector.url,
    path: '/v1/reports',
    token: 'secret',
    compose: () => ({ sequence }),
    onContact: () => undefined,
  });
  for (sequence = 1; sequence <= 3; sequence++) {
    push.publish(true);
    await collector.until(() => collector.bodies.length >= sequence);
  }
  assert.deepEqual(collector.bodies, [{ sequence: 1 }, { sequence: 2 }, { sequence: 3 }]);
  assert.equal(collector.connections.size, 1);
  assert.deepEqual(collector.calls[0], { path: '/v1/reports', authorization: 'Bearer secret' });
  await push.close();
  await collector.close();
});

test('losing and reaching a coordinator is told once each, with its answer', async () => {
  const collector = await Collector.listen();
  const contacts: string[] = [];
  let told = (): void => undefined;
  const nextTold = (): Promise<void> => new Promise((resolve) => (told = resolve));
  const push = createReportPush({
    url: collector.url,
    path: '/v1/reports',
    token: undefined,
    compose: () => ({}),
    onContact: (contact) => {
      contacts.push(contact.kind === 'lost' ? `lost: ${contact.reason}` : contact.kind);
      told();
    },
  });
  let waiting = nextTold();
  push.publish(true);
  await waiting;
  collector.status = 401;
  waiting = nextTold();
  push.publish(true);
  await waiting;
  push.publish(true);
  await collector.until(() => collector.bodies.length >= 3);
  assert.deepEqual(contacts, ['reached', 'lost: status 401: {}']);
  await push.close();
  await collector.close();
});
