/** A release applied at the writer is served at the follower within two seconds; a cut only delays it (R28). */
import { strict as assert } from 'node:assert';
import { unixMs } from '#base/clock.ts';
import type { Lab } from '../lab/lab.ts';
import type { DnsView } from '../lab/views.ts';
import type { Seen } from '../lab/wait.ts';
import { waitFor } from '../lab/wait.ts';
import type { Watcher } from '../lab/watch.ts';
import { iad, otherSite, sites, writer, zone } from '../lab/world.ts';
import { configDirectory, zonePath, zoneText } from '../lab/render/release.ts';
import type { Scenario } from './scenario.ts';

const travelMs = 2_000;
const healDeadlineMs = 30_000;
const name = `release.${zone}`;
/** In the order in which they are applied; the first is what the lab starts with. */
const releases = ['first', 'second', 'third'] as const;

export const releasesTravel: Scenario = {
  title: '6: releases travel, and never back',
  run: async (lab, timeline) => {
    const follower = otherSite(writer);
    const watchers = await Promise.all(sites.map((site) => lab.watchDns(site, name, 'TXT')));
    const [atWriter, atFollower] = watchers;
    assert.ok(atWriter !== undefined && atFollower !== undefined && follower.id === iad.id);
    const startMs = unixMs();

    timeline.fault(`release 'second' is applied at ${writer.id}`);
    await apply(lab, 'second');
    const appliedMs = unixMs();
    await assertServedInTime(atFollower, 'second', appliedMs);

    timeline.mark(`${writer.id} is cut off, and release 'third' is applied there`);
    await lab.cut(writer);
    await apply(lab, 'third');
    await assertServedInTime(atWriter, 'third', unixMs());
    assert.equal(serves(atFollower, 'second'), true, 'the follower keeps what it has');
    timeline.mark(`${writer.id} is connected again`);
    await lab.heal(writer);
    await waitFor(`'third' at ${follower.id}`, () => serves(atFollower, 'third'), { deadlineMs: healDeadlineMs });

    timeline.mark(`the coordinator of ${follower.id} is killed and started again`);
    await lab.killContainer(follower.coordinator.name);
    await lab.startContainer(follower.coordinator.name);
    const restartedMs = unixMs();
    const answersAgain = (): Seen => {
      const { latest } = atFollower;
      return (latest !== undefined && latest.atMs > restartedMs && serves(atFollower, 'third')) || 'no answer yet';
    };
    await waitFor(`'third' at ${follower.id} after its restart`, answersAgain, { deadlineMs: healDeadlineMs });
    for (const watcher of watchers) assertNeverOlder(watcher, startMs);
  },
};

async function apply(lab: Lab, release: string): Promise<void> {
  const host = writer.coordinator.name;
  await lab.write(host, zonePath, zoneText(release));
  await lab.exec(host, ['fairlead', 'apply', '--config', configDirectory, '--reason', `the lab applies ${release}`]);
}

/** Waits for a release, and fails where the first answer of it came later than it may; when we see it does not matter. */
async function assertServedInTime(watcher: Watcher<DnsView>, release: string, appliedMs: number): Promise<void> {
  const description = `'${release}' at ${watcher.name}`;
  await waitFor(description, () => serves(watcher, release), { deadlineMs: healDeadlineMs });
  const first = watcher.since(appliedMs).find(({ value }) => isOf(value, release));
  const tookMs = (first?.atMs ?? appliedMs) - appliedMs;
  assert.ok(tookMs <= travelMs, `${description} after ${tookMs} ms, expected at most ${travelMs}`);
}

function serves(watcher: Watcher<DnsView>, release: string): Seen {
  const view = watcher.latest?.value;
  if (view === undefined) return 'nothing yet';
  return isOf(view, release) || watcher.describe(view);
}

function isOf({ answers }: DnsView, release: string): boolean {
  return answers[0] === `"${release}"`;
}

function assertNeverOlder(watcher: Watcher<DnsView>, sinceMs: number): void {
  let newest = 0;
  for (const { value } of watcher.since(sinceMs)) {
    const index = releases.findIndex((release) => isOf(value, release));
    if (index < 0) continue;
    assert.ok(index >= newest, `${watcher.name}: '${String(releases[index])}' after '${String(releases[newest])}'`);
    newest = index;
  }
  assert.equal(newest, releases.length - 1, `${watcher.name} saw the last release`);
}
