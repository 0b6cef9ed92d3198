/**
 * The same LUA zone on the real PowerDNS and on a real coordinator, with real backends up and down: the same answers for
 * the same clients, or the same distribution.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { startCoordinator } from '../cli/fairlead-process.ts';
import { directoryWith, fileScope, loopbackAddress } from '../cli/scope.ts';
import { waitFor } from '../lab/wait.ts';
import { createDnsClient } from './dns-differential-client.ts';
import { says } from './lua-backends.ts';
import { differentRecords, healthRecords, healthZone, openHealthBackends } from './lua-health-zone.ts';
import type { BackendName, Backends, HealthRecord } from './lua-health-zone.ts';
import { firstAnswerCounts, knownHealthDifferences } from './lua-known.ts';
import type { LuaAspect } from './lua-known.ts';
import { missingPowerDns, startPowerDns } from './lua-powerdns.ts';
import { askLua } from './lua-query.ts';
import type { AskOctets, LuaReply } from './lua-query.ts';
import { deviation } from './lua-statistics.ts';

const skip = missingPowerDns() ?? false;
const scope = fileScope();
const dnsPort = 5300;
/** Draws from each server where chance chooses. */
const draws = 200;
const roundsMs = 12_000;
/** Networks as clients name them; the first is none. */
const clients = [
  undefined,
  ...Array.from({ length: 24 }, (_, index) => `198.51.100.${index * 7}/32`),
  '203.0.113.0/24',
  '192.0.0.0/16',
  '2001:db8::53/128',
  '2001:db8:1::/48',
];

/** Both servers with the zone, once every record gives what its backends say. */
interface World {
  readonly backends: Backends;
  readonly records: readonly HealthRecord[];
  readonly servers: Readonly<Record<'powerdns' | 'fairlead', AskOctets>>;
  /** How many records the very first answer to a name had. */
  readonly firstCounts: Readonly<Record<'powerdns' | 'fairlead', number>>;
}

const world = skip === false ? await startWorld() : undefined;

async function startWorld(): Promise<World> {
  const backends = await openHealthBackends(scope);
  const records = healthRecords(backends);
  const zone = healthZone([...records, ...differentRecords(backends)]);
  const [powerdns, fairlead] = await Promise.all([
    startPowerDns(scope, [zone], { settings: ['lua-health-checks-interval=1'] }),
    startFairlead(zone.apex, zone.text),
  ]);
  const servers = { powerdns: (query: Uint8Array) => powerdns.ask(query, 'udp'), fairlead };
  const countOf = async (send: AskOctets): Promise<number> =>
    (await askLua(send, 'first.health.example A')).data.length;
  const firstCounts = { powerdns: await countOf(servers.powerdns), fairlead: await countOf(fairlead) };
  const started = { backends, records, servers, firstCounts };
  // At once: PowerDNS begins to check what is asked for, and does so once a second.
  await Promise.all(records.map((record) => untilRight(started, record)));
  return started;
}

async function startFairlead(apex: string, text: string): Promise<AskOctets> {
  const address = loopbackAddress();
  const directory = directoryWith(scope, {
    'fairlead.yaml': `site: here
stateDirectory: var
dns: { listen: ['${address}:${dnsPort}'] }
api: { listen: '${address}:8053' }
replication: { role: writer }
`,
    'sites/here.yaml': 'site: here\nname: Here\nlocation: { latitude: 0, longitude: 0 }\n',
    [`zones/${apex}.zone`]: text,
  });
  await startCoordinator(scope, directory);
  const client = await createDnsClient(address, dnsPort);
  scope.after(() => {
    client.close();
  });
  return (query) => client.ask(query, 'udp');
}

function present(): World {
  assert.ok(world !== undefined);
  return world;
}

function ask(server: AskOctets, { name, type = 'A' }: HealthRecord, client?: string): Promise<LuaReply> {
  return askLua(server, `${name}.health.example ${type}`, client);
}

/** The names of the backends in an answer, in the order of the alphabet; or the response code. */
function namesIn(backends: Backends, { rcode, data }: LuaReply): string {
  if (rcode !== 'NOERROR') return rcode;
  if (data.length === 0) return 'NODATA';
  const nameOf = (address: string): string =>
    Object.entries(backends).find(([, backend]) => backend.address === address.replaceAll('"', ''))?.[0] ?? address;
  return data.map(nameOf).toSorted().join('+');
}

function wordsOf(sets: readonly (readonly BackendName[])[]): readonly string[] {
  return sets.map((set) => set.toSorted().join('+'));
}

/** Waits until ten answers in a row are such as the record may give: the first checks are in. */
async function untilRight({ backends, servers }: World, record: HealthRecord, gives = record.gives): Promise<void> {
  for (const [server, send] of Object.entries(servers)) {
    await waitFor(
      `${server} to know what is up for ${record.name}`,
      async () => {
        for (let count = 0; count < 10; count++) {
          const said = namesIn(backends, await ask(send, record));
          if (!wordsOf(gives).includes(said)) return said;
        }
        return true;
      },
      { deadlineMs: roundsMs },
    );
  }
}

test(
  'whom the client decides for gets the same from both, and so does everybody where nothing chooses',
  { skip },
  async () => {
    const { backends, records, servers } = present();
    const wrong: string[] = [];
    for (const record of records) {
      if (record.isHashed !== true && record.gives.length > 1) continue;
      for (const client of clients) {
        const theirs = namesIn(backends, await ask(servers.powerdns, record, client));
        const ours = namesIn(backends, await ask(servers.fairlead, record, client));
        const isKnown = wordsOf(record.gives).includes(theirs);
        if (ours !== theirs || !isKnown)
          wrong.push(`${record.name} for ${client ?? 'the resolver'}: ${ours}, theirs ${theirs}`);
      }
    }
    assert.deepEqual(wrong, []);
  },
);

test('where chance chooses, all that may be given is given alike by both', { skip }, async () => {
  const { backends, records, servers } = present();
  const chosen = records.filter(({ gives, isHashed }) => gives.length > 1 && isHashed !== true);
  assert.ok(chosen.length > 2);
  for (const record of chosen) {
    const shares = new Map(wordsOf(record.gives).map((word) => [word, 1]));
    for (const [server, send] of Object.entries(servers)) {
      const words: string[] = [];
      for (let count = 0; count < draws; count++) words.push(namesIn(backends, await ask(send, record)));
      assert.equal(deviation(words, shares), undefined, `${record.name} by ${server}`);
    }
  }
});

test('both follow a backend that goes down, and one that comes up', { skip }, async () => {
  const both = present();
  const [one, random] = ['all', 'random'].map((name) => both.records.find((record) => record.name === name));
  assert.ok(one !== undefined && random !== undefined);
  await both.backends.up.close();
  await both.backends.down.open(says(200));
  await untilRight(both, one, [['down', 'upToo']]);
  await untilRight(both, random, [['down'], ['upToo']]);
  await both.backends.down.close();
  await both.backends.up.open(says(200, 'hello world'));
  await untilRight(both, one);
  await untilRight(both, random);
});

/** What a listed difference is about in a reply. */
function aspectOf(backends: Backends, reply: LuaReply, aspect: LuaAspect): string {
  if (aspect === 'answer') return namesIn(backends, reply);
  return String(aspect === 'ttl' ? reply.ttlSeconds : reply.scopeBits);
}

test('every listed difference is still one', { skip }, async () => {
  const { backends, servers, firstCounts } = present();
  assert.deepEqual(firstCounts, firstAnswerCounts);
  for (const { reason, question, client, aspect, ...said } of knownHealthDifferences) {
    assert.notEqual(said.powerdns, said.fairlead, reason);
    const [name = '', type = ''] = question.split(' ');
    for (const server of ['powerdns', 'fairlead'] as const) {
      await waitFor(
        `${server} to say ${said[server]}: ${reason}`,
        async () => {
          const reply = await askLua(servers[server], `${name}.health.example ${type}`, client);
          const seen = aspectOf(backends, reply, aspect);
          return seen === said[server] ? true : seen;
        },
        { deadlineMs: roundsMs },
      );
    }
  }
});
