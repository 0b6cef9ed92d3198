/**
 * The same LUA zones on the real PowerDNS and on fairlead in process: the same answer for every question and client of
 * the facts, the same distribution where chance chooses, or a listed difference.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import test from 'node:test';
import { formatIp, parsePrefix, prefixParts } from '#base/ip.ts';
import type { IpPrefix } from '#base/ip.ts';
import { createPrng } from '#base/prng.ts';
import { unknownGeo } from '#geo/unknown.ts';
import { noServices } from '#lua/steer.ts';
import { fileScope } from '../cli/scope.ts';
import { factDatabases, readFactZone, readLuaZone } from './lua-facts.ts';
import type { FactZone } from './lua-facts.ts';
import { knownChanceDifferences, knownFactDifferences, refused } from './lua-known.ts';
import { allUp, answerHere, placesFor } from './lua-ours.ts';
import type { OurAnswers } from './lua-ours.ts';
import { missingPowerDns, startPowerDns } from './lua-powerdns.ts';
import { askLua, encodeLuaQuery, formatLuaReply, readLuaReply } from './lua-query.ts';
import type { AskOctets } from './lua-query.ts';
import { deviation } from './lua-statistics.ts';

const hasPlaces = factDatabases.every((file) => existsSync(file));
const skip = missingPowerDns() ?? false;
const scope = fileScope();
const draws = 300;
const randomZone = readLuaZone('random');
const factZones = (['lua', 'forward', 'geo'] as const).map(readFactZone);
const seed = Number(process.env['FAIRLEAD_SEED'] ?? 1);
const ours = startOurs();

function skipFacts({ apex }: FactZone): string | false {
  return apex === 'geo.example' && !hasPlaces ? 'the vectors of ../shared are absent' : false;
}

function startOurs(): OurAnswers {
  const zones = [...factZones, randomZone];
  const services = { health: allUp, geo: unknownGeo, steer: noServices, prng: createPrng(seed) };
  return answerHere(zones, hasPlaces ? { ...services, geo: placesFor(zones, factDatabases, services) } : services);
}

/** What each record of random.example gives, with its share. */
const shares: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'random A': { '192.0.2.1': 1, '192.0.2.2': 1, '192.0.2.3': 1 },
  'randomtwice A': { '192.0.2.1': 2, '192.0.2.3': 1 },
  'randomtext TXT': { '"one"': 1, '"two"': 1 },
  'weighted A': { '192.0.2.1': 10, '192.0.2.2': 20, '192.0.2.3': 70 },
  'weightedzero A': { '192.0.2.1': 0, '192.0.2.2': 1, '192.0.2.3': 3 },
  'weightedtext TXT': { '"one"': 1, '"two"': 2 },
  'sample A': { '192.0.2.1 | 192.0.2.2': 1, '192.0.2.1 | 192.0.2.3': 1, '192.0.2.2 | 192.0.2.3': 1 },
  'sampleone A': { '192.0.2.1': 1, '192.0.2.2': 1, '192.0.2.3': 1 },
  'view A': { '192.0.2.1': 1, '192.0.2.2': 1 },
};

/** What we say to a question, or that we refuse its record. */
async function said(question: string, client: string | undefined): Promise<string> {
  if (ours.refusalOf(question) !== undefined) return refused;
  return formatLuaReply(await askLua(ours.ask, question, client));
}

/** Every fact that is not ours and is not listed; takes those that are met off `listed`. */
async function differences({ apex, facts }: FactZone, listed: Map<string, string>): Promise<readonly string[]> {
  const wrong: string[] = [];
  const met = new Set<string>();
  for (const { question, client, gives } of facts) {
    const [name = '', type = ''] = question.split(' ');
    const whole = `${name}.${apex} ${type}`;
    const own = await said(whole, client);
    if (own === gives) continue;
    if (listed.get(whole) === own) met.add(whole);
    else wrong.push(`${whole} ${client ?? ''}: ${ours.refusalOf(whole) ?? own}; theirs ${gives}`);
  }
  for (const question of met) listed.delete(question);
  return wrong;
}

for (const zone of factZones) {
  const title = `every answer of ${zone.apex} is that of PowerDNS, or its difference is listed with a reason`;
  test(title, { skip: skipFacts(zone) }, async () => {
    const known = knownFactDifferences.flatMap(({ fairlead }) => Object.entries(fairlead));
    const listed = new Map(known.filter(([question]) => question.includes(`.${zone.apex} `)));
    assert.deepEqual(await differences(zone, listed), []);
    assert.deepEqual([...listed.keys()], [], 'a listed difference that is not met is to be taken off the list');
  });
}

test('whoever is in the scope of an answer gets that answer (R15)', async () => {
  const prng = createPrng(seed);
  let widened = 0;
  for (const zone of factZones) {
    if (skipFacts(zone) !== false) continue;
    const { apex, facts } = zone;
    for (const { question, client } of facts) {
      const [name = '', type = ''] = question.split(' ');
      const whole = `${name}.${apex} ${type}`;
      if (client === undefined || ours.refusalOf(whole) !== undefined) continue;
      const reply = await askLua(ours.ask, whole, client);
      const { bytes, length } = prefixParts(networkOf(client));
      const scopeBits = reply.scopeBits ?? 0;
      assert.ok(scopeBits <= bytes.length * 8, whole);
      if (scopeBits >= length) continue;
      widened++;
      const neighbour = formatIp(
        bytes.map((octet, index) => octet ^ (prng.below(256) & (0xff >> clamp(scopeBits - 8 * index)))),
      );
      const other = await said(whole, `${neighbour}/${bytes.length * 8}`);
      assert.equal(other, formatLuaReply(reply), `${whole} for ${neighbour} inside ${client}, scope ${scopeBits}`);
    }
  }
  assert.ok(widened > 5, `only ${widened} answers are for more than their client`);
});

/** Bits of one octet that a prefix keeps. */
function clamp(bits: number): number {
  return Math.min(8, Math.max(0, bits));
}

function networkOf(client: string): IpPrefix {
  const prefix = parsePrefix(client);
  assert.ok(prefix !== undefined, client);
  return prefix;
}

/** Why the draws of one server do not have these shares. */
async function deviationOf(
  ask: AskOctets,
  question: string,
  wanted: Readonly<Record<string, number>>,
): Promise<string | undefined> {
  const drawn: string[] = [];
  for (let count = 0; count < draws; count++) drawn.push(formatLuaReply(await askLua(ask, question)));
  return deviation(drawn, new Map(Object.entries(wanted)));
}

test('code is told the same of the header of a query by PowerDNS and by us', { skip }, async () => {
  const zones = factZones.filter(({ apex }) => apex === 'lua.example');
  const powerdns = await startPowerDns(scope, zones);
  // The third and fourth octets of a header: each flag by itself, and all.
  for (const [high, low] of [
    [4, 0],
    [1, 0],
    [0, 0x80],
    [0, 0x20],
    [0, 0x10],
    [5, 0xb0],
  ] as const) {
    for (const name of ['flags', 'header']) {
      const query = encodeLuaQuery(`${name}.lua.example TXT`);
      query.set([high, low], 2);
      const [theirs, own] = [await powerdns.ask(query, 'udp'), await ours.ask(query)];
      assert.ok(theirs !== undefined && own !== undefined);
      assert.equal(formatLuaReply(readLuaReply(own)), formatLuaReply(readLuaReply(theirs)), `${name} ${high} ${low}`);
    }
  }
});

test('where chance chooses, PowerDNS and we give the same shares, or the difference is listed', { skip }, async () => {
  const powerdns = await startPowerDns(scope, [randomZone]);
  const same = Object.entries(shares).map(([record, wanted]) => {
    const [name = '', type = ''] = record.split(' ');
    return { question: `${name}.${randomZone.apex} ${type}`, powerdns: wanted, fairlead: wanted };
  });
  for (const { question, ...wanted } of [...same, ...knownChanceDifferences]) {
    const theirs = await deviationOf((query) => powerdns.ask(query, 'udp'), question, wanted.powerdns);
    assert.equal(theirs, undefined, `${question} by PowerDNS`);
    const own = await deviationOf(ours.ask, question, wanted.fairlead);
    assert.equal(own, undefined, `${question} by us, seed ${seed}`);
  }
});
