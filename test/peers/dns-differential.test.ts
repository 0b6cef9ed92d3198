/** The same zones on fairlead and on real NSD, Knot and BIND, and thousands of questions: ours is what most answer. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { recordType } from '#dns/wire/constants.ts';
import { decodeMessage } from '#dns/wire/message.ts';
import { fileScope } from '../cli/scope.ts';
import { canonicalReply, differences } from '../conformance/canonical.ts';
import type { CanonicalReply } from '../conformance/canonical.ts';
import { knownDifferences } from './dns-differential-known.ts';
import { encodeDifferentialQuery, formatQuery, generateQueries } from './dns-differential-queries.ts';
import type { DifferentialQuery } from './dns-differential-queries.ts';
import { missingPeers, peerNames, readPeerZones, startServers } from './dns-differential-servers.ts';
import type { PeerServer } from './dns-differential-servers.ts';

const seed = Number(process.env['FAIRLEAD_SEED'] ?? 1);
const missing = missingPeers(peerNames);
const skip = missing ?? false;
const scope = fileScope();
const zones = readPeerZones();
const servers = missing === undefined ? await startServers(scope, zones, peerNames) : [];
const [ours, ...peers] = servers;

/** Queries under way at a time. */
const parallel = 64;

/** What one server said, in a form that is compared as one string. */
interface Said {
  readonly key: string;
  readonly reply: CanonicalReply;
  readonly isTruncated: boolean;
}

const silence: CanonicalReply = { rcode: 'silence', flags: [], doubles: [], answer: [], authority: [], additional: [] };

async function ask(server: PeerServer, query: DifferentialQuery, transport: 'udp' | 'tcp'): Promise<Said> {
  const bytes = await server.ask(encodeDifferentialQuery(query), transport);
  if (bytes === undefined) return { key: 'silence', reply: silence, isTruncated: false };
  const canonical = canonicalReply(bytes);
  const decoded = decodeMessage(bytes);
  const question = formatQuery(query);
  assert.ok(canonical.ok && decoded.ok, `${server.name} on ${question}: ${JSON.stringify(canonical)}`);
  const { opt } = decoded.value;
  // DO comes back as it was sent (RFC 3225 §3).
  const edns = opt === undefined ? 'no EDNS' : `EDNS${(opt.ttlSeconds & 0x8000) === 0 ? '' : ' DO'}`;
  const isTruncated = canonical.value.flags.includes('TC');
  if (server === ours) assert.deepEqual(canonical.value.doubles, [], question);
  const reply = comparable(query, { ...canonical.value, doubles: [] }, isTruncated);
  const limit = query.edns === undefined ? 512 : Math.max(512, query.edns.udpBytes);
  if (server === ours && transport === 'udp')
    assert.ok(bytes.length <= limit, `${question} got ${bytes.length} octets`);
  return { key: JSON.stringify([reply, edns]), reply: { ...reply, flags: [...reply.flags, edns] }, isTruncated };
}

/** The reply without what servers are free in. */
function comparable(query: DifferentialQuery, reply: CanonicalReply, isTruncated: boolean): CanonicalReply {
  const nothing = { answer: [], authority: [], additional: [] };
  // How much ANY gives is the server's choice (RFC 8482 §4), so that even TC may differ.
  if (query.type === recordType.ANY) return { ...reply, ...nothing, flags: [] };
  // So is what goes into a truncated reply (RFC 2181 §9).
  return isTruncated ? { ...reply, ...nothing } : reply;
}

/** What most peers say; undefined where each says something else. */
function majority(said: readonly Said[]): Said | undefined {
  return said.find((one) => said.filter((other) => other.key === one.key).length >= 2);
}

/** Asks all; gives what is wrong with our reply, or undefined. */
async function compare(
  query: DifferentialQuery,
  transport: 'udp' | 'tcp',
  counts: Map<string, number>,
): Promise<string | undefined> {
  assert.ok(ours !== undefined);
  const [own, ...others] = await Promise.all([ours, ...peers].map((server) => ask(server, query, transport)));
  assert.ok(own !== undefined);
  const most = majority(others);
  if (most === undefined) count(counts, 'no majority');
  for (const [index, said] of others.entries()) {
    if (most !== undefined && said.key !== most.key) count(counts, `${peers[index]?.name ?? ''} alone`);
  }
  const isEqual = most === undefined ? others.some((said) => said.key === own.key) : own.key === most.key;
  const reference = most ?? others[0];
  assert.ok(reference !== undefined);
  const known = isEqual
    ? undefined
    : knownDifferences.find(({ explains }) => explains(query, own.reply, reference.reply));
  if (known !== undefined) count(counts, known.reason);
  if (isEqual || known !== undefined) {
    const isHalf = own.isTruncated && transport === 'udp';
    return isHalf ? compare(query, 'tcp', counts) : undefined;
  }
  const head = most === undefined ? 'no two peers agree; against NSD' : 'against the majority';
  const lines = differences(reference.reply, own.reply).map((line) => `    ${line}`);
  return [`${formatQuery(query)} over ${transport}, ${head}:`, ...lines].join('\n');
}

function count(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

test('every reply equals that of most peers, or its difference is listed with a reason', { skip }, async (context) => {
  const queries = generateQueries(zones, seed);
  const counts = new Map<string, number>();
  const faults: string[] = [];
  const next = queries.values();
  const worker = async (): Promise<void> => {
    for (const query of next) {
      const fault = await compare(query, 'udp', counts);
      if (fault !== undefined) faults.push(fault);
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  context.diagnostic(`${queries.length} queries, seed ${seed}`);
  for (const [what, number] of counts) context.diagnostic(`${what}: ${number}`);
  assert.ok(queries.length > 5000, `${queries.length} queries are too few`);
  const unmet = knownDifferences.filter(({ reason }) => !counts.has(reason));
  assert.deepEqual(unmet, [], 'a listed difference that is not met is to be taken off the list');
  assert.equal(faults.length, 0, `${faults.length} differ:\n${faults.slice(0, 40).join('\n')}`);
});
