/**
 * From a published decision to the first changed answer: `npm run bench:flips -- [--seconds N] [--threads N]`.
 *
 * Real UDP threads answer a name whose one address of sixteen is up; this thread publishes another, and a client thread
 * asks without pause. Publications first come a few milliseconds apart, then as fast as they can be made, which is where
 * a state that is read in halves would show.
 */
import { once } from 'node:events';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { monotonicMs } from '#base/clock.ts';
import type { IpAddress } from '#base/ip.ts';
import { createPrng } from '#base/prng.ts';
import { readZones } from '#config/zone-reader.ts';
import { answerCounterBytes } from '#dns/answer/counters.ts';
import { recordType } from '#dns/wire/constants.ts';
import { encodeQuery } from '#dns/wire/message.ts';
import { parseName } from '#dns/wire/name.ts';
import { targetKey } from '#lua/health.ts';
import type { AnswerSetup, AnswerUpdate } from '#serve/answering.ts';
import { listenDns } from '#serve/dns-server.ts';
import type { DnsServer } from '#serve/dns-server.ts';
import { SteeringTable } from '#steering/table.ts';
import type { SlotValue } from '#steering/table.ts';
import { quantile } from './dns/statistics.ts';
import type { ClientReport, ClientTask } from './flips/client.ts';
import { addressCount } from './flips/judge.ts';
import { FlipClock } from './flips/shared.ts';

const maxPublications = 4_000_000;
/** The longest pause between two publications of the first part. */
const maxPauseMs = 3;
/** Publications without a look at the clock in the second part. */
const burst = 100;

const settings: AnswerSetup['settings'] = {
  isMinimal: true,
  rotates: false,
  luaStepLimit: 10_000,
  nsid: undefined,
  chaos: {},
  cookieSecrets: [],
  rateLimit: undefined,
  transferTo: [],
};

/** A server whose answers follow `table`: slot n is address n. */
interface Flipping {
  readonly server: DnsServer<AnswerUpdate>;
  readonly table: SteeringTable;
}

async function openServer(threads: number): Promise<Flipping> {
  const addresses = Array.from({ length: addressCount }, (_, index) => `'192.0.2.${index + 1}'`).join(',');
  const text = `$TTL 60\n@ SOA ns1 host 1 60 60 60 60\n@ NS ns1\nns1 A 192.0.2.53
flip LUA A "ifportup(80,{${addresses}},{selector='all',backupSelector='all'})"\n`;
  const { image, targets, geo } = readZones(new Map([['zones/example.com.zone', text]]));
  const table = SteeringTable.create(targets.length);
  const slots = new Map(targets.map((target, slot) => [targetKey(target), slot]));
  const generation = { ...image, steering: table.buffer, slots, services: [], geo };
  const opened = await listenDns<AnswerSetup, AnswerUpdate>({
    listen: [{ address: '127.0.0.1' as IpAddress, port: 0 }],
    module: { url: new URL('../src/serve/answering.ts', import.meta.url) },
    setup: () => ({
      generation,
      settings,
      counters: new SharedArrayBuffer(answerCounterBytes),
      countersAt: 0,
      seed: 1,
    }),
    sockets: { threads },
    onEvent: (event) => console.error(event),
  });
  if (!opened.ok) throw new Error(opened.fault.map(({ message }) => message).join('\n'));
  return { server: opened.value, table };
}

const down: SlotValue = {
  ...{ answerable: false, changePending: false, unproven: false, withheld: false, frozen: false, failOpen: false },
  ...{ weight: 0, shed: 0 },
};

/** The sixteen states: in each, one slot is up. */
const states = Array.from({ length: addressCount }, (_, up) =>
  Array.from({ length: addressCount }, (__, slot): SlotValue => ({ ...down, answerable: slot === up })),
);

/** Publishes state after state and keeps the clock. */
class Publisher {
  readonly clock = FlipClock.create(maxPublications);
  readonly #table: SteeringTable;
  #publication = 0;

  constructor(table: SteeringTable) {
    this.#table = table;
    this.next();
  }

  next(): void {
    const publication = ++this.#publication;
    this.clock.begin(publication, monotonicMs());
    this.#table.publish(states[publication % addressCount] ?? []);
    this.clock.finish(publication);
  }

  get hasRoom(): boolean {
    return this.#publication + burst < maxPublications;
  }

  get count(): number {
    return this.#publication;
  }
}

type Pace = (publisher: Publisher) => Promise<void>;

const paces: readonly { readonly title: string; readonly pace: Pace }[] = [
  { title: `a publication every 1 to ${maxPauseMs} ms`, pace: pacePaused(createPrng(1)) },
  { title: 'publications without pause', pace: paceFast },
];

function pacePaused(prng: ReturnType<typeof createPrng>): Pace {
  return async (publisher) => {
    await sleep(1 + prng.below(maxPauseMs));
    publisher.next();
  };
}

async function paceFast(publisher: Publisher): Promise<void> {
  for (let turn = 0; turn < burst; turn++) publisher.next();
  await nextTurn();
}

async function runPart({ server, table }: Flipping, pace: Pace, seconds: number): Promise<[Publisher, ClientReport]> {
  const publisher = new Publisher(table);
  const owner = parseName('flip.example.com.');
  if (!owner.ok) throw new Error(owner.fault);
  const task: ClientTask = {
    port: server.bound[0]?.port ?? 0,
    query: encodeQuery(0, { name: owner.value, type: recordType.A }),
    clock: publisher.clock.buffer,
  };
  const client = new Worker(new URL('flips/client.ts', import.meta.url), { workerData: task });
  await once(client, 'online');
  const deadlineMs = monotonicMs() + seconds * 1000;
  while (monotonicMs() < deadlineMs && publisher.hasRoom) await pace(publisher);
  publisher.clock.stop();
  // Posted by the client thread alone.
  const [report] = (await once(client, 'message')) as [ClientReport];
  return [publisher, report];
}

function printPart(title: string, { count }: Publisher, report: ClientReport): void {
  const { answers, torn, stale, unclear, firstSeenMs } = report;
  console.log(`${title}: ${count} publications, ${answers} answers`);
  console.log(`  torn ${torn}, stale ${stale}, not to be told ${unclear}`);
  if (unclear > answers / 100) return;
  const sorted = firstSeenMs.toSorted((a, b) => a - b);
  const at = (share: number): string => (quantile(sorted, share) * 1000).toFixed(0);
  const figures = `p50 ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)}, p99.9 ${at(0.999)}, most ${at(1)}`;
  console.log(`  from publishing to the first changed answer at the client, µs: ${figures} (${sorted.length} seen)`);
}

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '10' }, threads: { type: 'string', default: '1' } },
});
const flipping = await openServer(Number(values.threads));
let bad = 0;
for (const { title, pace } of paces) {
  const [publisher, report] = await runPart(flipping, pace, Number(values.seconds));
  printPart(title, publisher, report);
  bad += report.torn + report.stale;
}
await flipping.server.close();
process.exitCode = bad === 0 ? 0 : 1;
