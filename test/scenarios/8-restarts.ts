/**
 * A coordinator restarts forty times beside a BIRD with graceful restart, twenty times by SIGTERM and twenty by SIGKILL
 * (R24). The router keeps the route in every sample and its log takes it from no one; tcpdump sees no NOTIFICATION, and
 * no End-of-RIB before the UPDATE. A prefix that was rightly withdrawn does not come back with a restart.
 */
import { strict as assert } from 'node:assert';
import { unixMs } from '#base/clock.ts';
import type { CapturedMessage } from '../lab/capture.ts';
import { byConnection, captureCommand, parseCapture } from '../lab/capture.ts';
import type { Lab } from '../lab/lab.ts';
import type { Timeline } from '../lab/timeline.ts';
import { describeRoute } from '../lab/views.ts';
import type { Seen } from '../lab/wait.ts';
import { waitFor } from '../lab/wait.ts';
import { anycast, fra, iad } from '../lab/world.ts';
import type { Scenario } from './scenario.ts';
import { assertAnswersStayed, assertRouteKept, bothVips } from './scenario.ts';

const restartsBySignal = 20;
/** After the prefix was withdrawn: fewer, since each must only not do something. */
const restartsWhileDown = 2;
const restartDeadlineMs = 60_000;
const moveDeadlineMs = 30_000;
const captureFile = '/run/lab/bgp-capture';
const signals = ['TERM', 'KILL'] as const;

export const restarts: Scenario = {
  title: '8: twenty restarts by SIGTERM and twenty by SIGKILL withdraw nothing, and bring nothing back',
  run: async (lab, timeline) => {
    const capture = await startCapture(lab);
    try {
      await restartWhileUp(lab, timeline);
      await restartWhileDown(lab, timeline);
    } finally {
      await lab.try(fra.router.name, ['kill', capture]);
    }
  },
};

/** Starts tcpdump on the router and returns its process id. */
async function startCapture(lab: Lab): Promise<string> {
  const pid = (
    await lab.exec(fra.router.name, ['bash', '-c', captureCommand(fra.coordinator.address, captureFile)])
  ).trim();
  const listens = async (): Promise<Seen> => {
    const { output } = await lab.try(fra.router.name, ['cat', `${captureFile}.errors`]);
    return output.includes('listening on') || output;
  };
  await waitFor('tcpdump to listen', listens, { deadlineMs: moveDeadlineMs });
  return pid;
}

async function connections(lab: Lab): Promise<readonly (readonly CapturedMessage[])[]> {
  const messages = parseCapture(await lab.exec(fra.router.name, ['cat', captureFile]));
  // What is left of the session that was up before the capture is no connection of ours.
  return byConnection(messages).filter(([first]) => first?.kind === 'open');
}

/** Restarts the coordinator of `fra` and waits until its new session has said everything. */
async function restart(lab: Lab, signal: (typeof signals)[number]): Promise<void> {
  const isComplete = ({ kind }: CapturedMessage): boolean => kind === 'endOfRib';
  const before = (await connections(lab)).length;
  await lab.killContainer(fra.coordinator.name, signal);
  await lab.startContainer(fra.coordinator.name);
  const hasSaidAll = async (): Promise<Seen> => {
    const later = (await connections(lab)).slice(before);
    return later.some((messages) => messages.some(isComplete)) || `${later.length} new connections, no End-of-RIB`;
  };
  await waitFor(`the session after SIG${signal}`, hasSaidAll, { deadlineMs: restartDeadlineMs });
}

async function restartWhileUp(lab: Lab, timeline: Timeline): Promise<void> {
  const startMs = unixMs();
  const before = (await connections(lab)).length;
  for (const signal of signals) {
    timeline.fault(`the coordinator of ${fra.id} restarts ${restartsBySignal} times by SIG${signal}`);
    for (let count = 0; count < restartsBySignal; count++) await restart(lab, signal);
  }
  timeline.mark('all restarts are done');
  await waitFor(`the route at ${fra.id}`, () => lab.hasRoute(fra, true), { deadlineMs: moveDeadlineMs });
  await waitFor(`both sites in DNS at ${fra.id}`, () => lab.answers(fra, bothVips), { deadlineMs: moveDeadlineMs });

  assertRouteKept(lab, fra, startMs);
  const taken = (await routeLog(lab, startMs)).filter((line) => /removed|withdraw|flush/i.test(line));
  assert.deepEqual(taken, [], "BIRD's route log takes the prefix from nobody");
  const later = (await connections(lab)).slice(before);
  assert.ok(later.length >= signals.length * restartsBySignal, `${later.length} connections were captured`);
  for (const messages of later) assertQuietRestart(messages);
  assertAnswersStayed(lab, iad, bothVips, startMs);
}

/** No NOTIFICATION, and no End-of-RIB before the UPDATE that announces the prefix. */
function assertQuietRestart(messages: readonly CapturedMessage[]): void {
  const story = messages.map(({ kind, announced, text }) => `${kind} ${announced.join(' ')} (${text})`).join('\n');
  assert.ok(!messages.some(({ kind }) => kind === 'notification'), story);
  const endAt = messages.findIndex(({ kind }) => kind === 'endOfRib');
  const updateAt = messages.findIndex(({ announced }) => announced.includes(anycast.prefix));
  if (endAt >= 0) assert.ok(updateAt >= 0 && updateAt < endAt, story);
}

/** What the router's log says of the prefix over the coordinator's session. */
async function routeLog(lab: Lab, sinceMs: number): Promise<readonly string[]> {
  const lines = (await lab.logs(fra.router.name, sinceMs)).split('\n');
  return lines.filter((line) => line.includes('coordinator') && line.includes(anycast.prefix));
}

async function restartWhileDown(lab: Lab, timeline: Timeline): Promise<void> {
  timeline.mark(`both backends of ${fra.id} are killed`);
  await lab.killBackends(fra);
  await waitFor(`no route at ${fra.id}`, () => lab.hasRoute(fra, false), { deadlineMs: moveDeadlineMs });
  const withdrawnMs = unixMs();
  const before = (await connections(lab)).length;
  for (const signal of signals) {
    for (let count = 0; count < restartsWhileDown; count++) await restart(lab, signal);
  }
  timeline.mark(`the coordinator of ${fra.id} has restarted ${signals.length * restartsWhileDown} times while down`);
  await waitFor(`only ${iad.id} in DNS at ${fra.id}`, () => lab.answers(fra, [iad.vip]), {
    deadlineMs: moveDeadlineMs,
  });
  const back = lab
    .watch(fra)
    .route.since(withdrawnMs)
    .find(({ value }) => value.hasRoute);
  assert.equal(back && describeRoute(back.value), undefined, 'a prefix that was withdrawn came back with a restart');
  const said = (await connections(lab)).slice(before).flat();
  assert.deepEqual(
    said.flatMap(({ announced }) => announced),
    [],
    'nothing was announced',
  );
  timeline.mark(`both backends of ${fra.id} are started`);
  await lab.startBackends(fra);
  await waitFor(`the route at ${fra.id}`, () => lab.hasRoute(fra, true), { deadlineMs: moveDeadlineMs });
}
