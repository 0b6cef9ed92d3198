import assert from 'node:assert/strict';
import test from 'node:test';
import type { Report } from '#health/report.ts';
import { startAgentProcess } from './agent-process.ts';
import { startCollector } from './collector.ts';
import type { Collector } from './collector.ts';
import { missingHaproxy, startBackend, startHaproxy } from './haproxy-process.ts';
import type { HaproxyProcess } from './haproxy-process.ts';

const skip = missingHaproxy() ?? false;

function configText(coordinators: readonly Collector[], haproxy: Pick<HaproxyProcess, 'socketPath'>): string {
  return `
site: fra
node: fra-lb1
interval: 300ms
coordinators: [${coordinators.map(({ url }) => `'${url}'`).join(', ')}]
haproxy:
  socket: ${haproxy.socketPath}
  restartGrace: 1s
  services:
    www: { backend: be_www, frontends: [fe_www] }
`;
}

const stateOf = (report: Report): string | undefined => report.services[0]?.state;
const isUp = (report: Report): boolean => stateOf(report) === 'up' && report.services[0]?.holding === undefined;

test('the agent beside a real HAProxy tells every coordinator, at once on change', { skip }, async (context) => {
  const [first, second] = [await startCollector(context), await startCollector(context)];
  const backend = await startBackend(context);
  const haproxy = startHaproxy(context, [backend]);
  const agent = startAgentProcess(context, configText([first, second], haproxy));

  await Promise.all([first, second].map((collector) => collector.until('up', isUp)));
  await backend.stop();
  await Promise.all(
    [first, second].map((collector) => collector.until('down', (report) => stateOf(report) === 'down')),
  );
  await backend.start();
  await first.until('up again', isUp, first.received.length);
  await haproxy.kill();
  await first.until('held', (report) => report.services[0]?.holding !== undefined, first.received.length);
  await first.until('down', (report) => stateOf(report) === 'down', first.received.length);

  const reports = first.received.map(({ report }) => report);
  assert.deepEqual(
    new Set(reports.map(({ site, node, leaseMs }) => `${site} ${node} ${leaseMs}`)),
    new Set(['fra fra-lb1 900']),
  );
  assert.equal(new Set(reports.map(({ boot }) => boot)).size, 1);
  for (let index = 1; index < reports.length; index++) {
    assert.ok((reports[index]?.sequence ?? 0) > (reports[index - 1]?.sequence ?? 0), 'sequences grow');
  }
  assert.equal(first.connections(), 1, 'one connection is kept');

  agent.signal('SIGTERM');
  assert.equal(await agent.exited(), 0);
});

test('an agent that starts never says down before it has looked (R7)', { skip }, async (context) => {
  const collector = await startCollector(context);
  const haproxy = startHaproxy(context, [await startBackend(context)]);
  startAgentProcess(context, configText([collector], haproxy));
  await collector.until('up', isUp);
  for (const { report } of collector.received) assert.notEqual(stateOf(report), 'down');
});

test(
  'a coordinator that hangs delays no other, and one that goes and comes is told again (R23)',
  { skip },
  async (context) => {
    const [hanging, steady] = [await startCollector(context, { isHanging: true }), await startCollector(context)];
    const haproxy = startHaproxy(context, [await startBackend(context)]);
    const startedMs = performance.now();
    const agent = startAgentProcess(context, configText([hanging, steady], haproxy));
    await steady.until('up', isUp);
    await steady.until('four more', () => true, steady.received.length + 3);
    await hanging.until('the first', () => true);
    // The next one is sent when the first has gone unanswered for two seconds.
    assert.ok(hanging.received.length <= 1 + Math.floor((performance.now() - startedMs) / 2000));
    await agent.untilLogged(/takes no reports: no answer within 2000ms/);

    await steady.stop();
    await agent.untilLogged(new RegExp(`${steady.url} takes no reports`));
    const before = steady.received.length;
    await steady.start();
    await steady.until('again', isUp, before);
    await agent.untilLogged(new RegExp(`${steady.url} takes reports[^]*${steady.url} takes reports`));
    assert.equal(agent.log().split(`${steady.url} takes no reports`).length, 2, 'one line for one loss');
  },
);

test('SIGHUP loads the config again; one that is refused changes nothing and says so', async (context) => {
  const [first, second] = [await startCollector(context), await startCollector(context)];
  const text = (url: string, more = ''): string =>
    `site: fra\nnode: fra-lb1\ninterval: 200ms\ncoordinators: ['${url}']\n${more}`;
  const agent = startAgentProcess(context, text(first.url));
  const before = await first.until('a report', () => true);
  agent.rewriteConfig(text(first.url, 'intervall: 1s\n'));
  agent.signal('SIGHUP');
  await agent.untilLogged(/agent\.yaml:5:1: .*intervall[^]*the config was not changed/);
  await first.until('another', () => true, first.received.length);
  agent.rewriteConfig(text(second.url));
  agent.signal('SIGHUP');
  const moved = await second.until('a report', () => true);
  assert.equal(moved.report.boot, before.report.boot);
  assert.ok(moved.report.sequence > before.report.sequence);
  agent.signal('SIGINT');
  assert.equal(await agent.exited(), 0);
});

test('a config that is refused starts nothing and exits with 1', async (context) => {
  const agent = startAgentProcess(context, 'site: fra\n');
  assert.equal(await agent.exited(), 1);
  assert.match(agent.log(), /node/);
});
