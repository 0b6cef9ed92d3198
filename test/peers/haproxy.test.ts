import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import path from 'node:path';
import test from 'node:test';
import type { TestContext } from 'node:test';
import { createHaproxyMonitor } from '#edge/haproxy/monitor.ts';
import type { ServiceReport } from '#health/report.ts';
import { missingHaproxy, startBackend, startHaproxy } from './haproxy-process.ts';
import type { Backend, HaproxyProcess } from './haproxy-process.ts';

const skip = missingHaproxy() ?? false;

/** Every report of the service, and a way to await one. */
interface ReportLog {
  readonly all: readonly ServiceReport[];
  until(what: string, isWanted: (report: ServiceReport) => boolean): Promise<ServiceReport>;
}

interface World {
  readonly haproxy: HaproxyProcess;
  readonly backends: readonly [Backend, Backend];
  readonly log: ReportLog;
}

const deadlineMs = 10_000;

async function start(context: TestContext, { restartGraceMs = 1500 } = {}): Promise<World> {
  const backends = [await startBackend(context), await startBackend(context)] as const;
  const haproxy = startHaproxy(context, backends);
  const log = watch(context, haproxy.socketPath, restartGraceMs);
  await log.until('up', ({ state, holding }) => state === 'up' && holding === undefined);
  return { haproxy, backends, log };
}

function watch(context: TestContext, socketPath: string, restartGraceMs = 1500): ReportLog {
  const all: ServiceReport[] = [];
  let wake = (): void => undefined;
  const monitor = createHaproxyMonitor({
    socketPath,
    services: [{ service: 'www', backend: 'be_www', frontends: ['fe_www'], minServers: 1, allowBackup: false }],
    intervalMs: 100,
    reloadHoldMs: 4000,
    restartGraceMs,
    onReports: ([report]) => {
      assert.ok(report !== undefined);
      all.push(report);
      wake();
    },
  });
  context.after(() => monitor.close());
  const until: ReportLog['until'] = async (what, isWanted) => {
    const late = AbortSignal.timeout(deadlineMs);
    for (let index = Math.max(0, all.length - 1); ; index++) {
      while (index >= all.length) {
        await new Promise<void>((resolve, reject) => {
          wake = resolve;
          late.addEventListener('abort', () => reject(new Error(`no report "${what}" within ${deadlineMs}ms`)));
        });
      }
      const report = all[index];
      if (report !== undefined && isWanted(report)) return report;
    }
  };
  return { all, until };
}

/** Reloads until it is seen: a signal that meets a master which is still starting anew is lost. */
async function reload(haproxy: HaproxyProcess, log: ReportLog): Promise<void> {
  haproxy.reload();
  const again = setInterval(() => {
    haproxy.reload();
  }, 2500);
  try {
    await log.until('held', ({ holding }) => holding !== undefined);
  } finally {
    clearInterval(again);
  }
}

const isUp = ({ state, holding }: ServiceReport): boolean => state === 'up' && holding === undefined;

test('backends that die show as less capacity, then as down, and as up when they return', { skip }, async (context) => {
  const { backends, log } = await start(context);
  await backends[0].stop();
  const half = await log.until('one server', ({ usableServers }) => usableServers === 1);
  assert.deepEqual([half.state, half.capacity, half.totalServers], ['up', 0.5, 2]);
  await backends[1].stop();
  const down = await log.until('down', ({ state }) => state === 'down');
  assert.match(down.reason, /^0 of 2 servers usable: web1 DOWN \(L4CON Connection refused\), web2 DOWN/);
  await Promise.all(backends.map((backend) => backend.start()));
  await log.until('up again', ({ state, capacity }) => state === 'up' && capacity === 1);
});

test(
  'a request under way is a session of the service, and load beside the limit of its frontend',
  { skip },
  async (context) => {
    const waiting: http.ServerResponse[] = [];
    const server = http.createServer((request, response) => {
      if (request.url === '/wait') waiting.push(response);
      else response.end('ok');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    context.after(() => {
      server.closeAllConnections();
      server.close();
    });
    const address = server.address();
    assert.ok(address !== null && typeof address === 'object');
    const nothing = (): Promise<void> => Promise.resolve();
    const haproxy = startHaproxy(context, [{ port: address.port, start: nothing, stop: nothing }]);
    const log = watch(context, haproxy.socketPath);
    const idle = await log.until('up', isUp);
    assert.deepEqual([idle.sessions, idle.load], [0, 0]);
    const socketPath = path.join(path.dirname(haproxy.socketPath), 'www.sock');
    const request = http.get({ socketPath, path: '/wait', agent: false }, (response) => response.resume());
    context.after(() => request.destroy());
    const busy = await log.until('one session', ({ sessions }) => sessions === 1);
    assert.equal(busy.load, 1 / 200);
    for (const response of waiting) response.end('ok');
    await log.until('no session', ({ sessions }) => sessions === 0);
  },
);

test('a reload of a healthy HAProxy is never anything but up', { skip }, async (context) => {
  const { haproxy, log } = await start(context);
  const before = log.all.length;
  for (let count = 0; count < 3; count++) {
    await reload(haproxy, log);
    await log.until('settled', isUp);
  }
  assert.deepEqual(new Set(log.all.slice(before).map(({ state }) => state)), new Set(['up']));
});

test('a reload while every backend is dead is never anything but down', { skip }, async (context) => {
  const { haproxy, backends, log } = await start(context);
  await Promise.all(backends.map((backend) => backend.stop()));
  await log.until('down', ({ state }) => state === 'down');
  const before = log.all.length;
  await reload(haproxy, log);
  await log.until('settled', ({ holding }) => holding === undefined);
  assert.deepEqual(new Set(log.all.slice(before).map(({ state }) => state)), new Set(['down']));
});

test(
  'a killed HAProxy is held, then down; back again, it is up once it has checked its servers',
  { skip },
  async (context) => {
    const { haproxy, log } = await start(context);
    await haproxy.kill();
    const held = await log.until('held', ({ holding }) => holding !== undefined);
    assert.equal(held.state, 'up');
    assert.match(held.holding ?? '', /HAProxy does not answer: nothing listens on/);
    const down = await log.until('down', ({ state }) => state === 'down');
    assert.equal(down.holding, undefined);
    haproxy.start();
    await log.until('up again', isUp);
  },
);

test('a restart within the grace is never down', { skip }, async (context) => {
  const { haproxy, log } = await start(context, { restartGraceMs: deadlineMs });
  const before = log.all.length;
  await haproxy.kill();
  await log.until('held', ({ holding }) => holding !== undefined);
  haproxy.start();
  await log.until('settled', isUp);
  assert.deepEqual(new Set(log.all.slice(before).map(({ state }) => state)), new Set(['up']));
});

test('draining every server is draining, and ready is up again', { skip }, async (context) => {
  const { haproxy, log } = await start(context);
  for (const name of ['web1', 'web2']) await haproxy.ask(`set server be_www/${name} state drain`);
  await log.until('draining', ({ state }) => state === 'draining');
  await haproxy.ask('set server be_www/web1 state ready');
  await log.until('up', ({ state, usableServers }) => state === 'up' && usableServers === 1);
});

test('a frontend that an operator stops is down', { skip }, async (context) => {
  const { haproxy, log } = await start(context);
  await haproxy.ask('disable frontend fe_www');
  const down = await log.until('down', ({ state }) => state === 'down');
  assert.match(down.reason, /^frontend fe_www is /);
});
