/** The facts of lua-zones/ against the real PowerDNS: what fairlead is measured by is what the daemon does. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import test from 'node:test';
import { lookup2 } from '#lua/hash.ts';
import { fileScope } from '../cli/scope.ts';
import { factDatabases, readFactZone, weightedOrder } from './lua-facts.ts';
import type { FactZone } from './lua-facts.ts';
import { missingPowerDns, startPowerDns } from './lua-powerdns.ts';
import { askLua, formatLuaReply } from './lua-query.ts';

const skip = missingPowerDns() ?? false;
const databases = factDatabases.filter((file) => existsSync(file));
const skipGeo =
  skip === false && databases.length < factDatabases.length ? 'the vectors of ../shared are absent' : skip;
const names = ['lua', 'forward', ...(skipGeo === false ? (['geo'] as const) : [])] as const;
/** As many entries as make the C++ map behind the weighted pickers grow twice. */
const entryCounts = [2, 13, 14, 30];
const weighted = {
  apex: 'weighted.example',
  text: `$TTL 60
@ IN SOA ns1.lua.example. hostmaster.lua.example. 1 3600 600 1209600 60
@ IN NS ns1.lua.example.
${entryCounts.map((count) => `w${count} IN LUA TXT "pickwhashed({${entries(count)}})"\n`).join('')}`,
};
const zones = names.map(readFactZone);
const pdns =
  skip === false
    ? await startPowerDns(fileScope(), [...zones, weighted], { databases: skipGeo === false ? databases : [] })
    : undefined;

function entries(count: number): string {
  return Array.from({ length: count }, (_, index) => `{1,'${index + 1}'}`).join(',');
}

async function ask(question: string, client?: string): Promise<string> {
  assert.ok(pdns !== undefined);
  return formatLuaReply(await askLua((query) => pdns.ask(query, 'udp'), question, client));
}

async function checkFacts({ apex, facts }: FactZone): Promise<void> {
  assert.ok(facts.length > 30, `there are only ${facts.length} facts of ${apex}`);
  const wrong: string[] = [];
  for (const { question, client, gives } of facts) {
    const [name = '', type = ''] = question.split(' ');
    const said = await ask(`${name}.${apex} ${type}`, client);
    if (said !== gives) wrong.push(`${question} ${client ?? ''}: ${said}, written down ${gives}`);
  }
  assert.deepEqual(wrong, []);
}

for (const zone of zones) {
  test(`PowerDNS gives what is written down of ${zone.apex}`, { skip }, () => checkFacts(zone));
}
if (skipGeo !== false) test('PowerDNS gives what is written down of geo.example', { skip: skipGeo });

test('PowerDNS hashes clients by lookup2 onto the weighted order of entries', { skip }, async () => {
  for (const count of entryCounts) {
    const order = weightedOrder(count);
    const left = new Set(order.keys());
    for (let host = 0; left.size > 0; host++) {
      const client = [198, 51, 100 + (host >> 8), host & 255];
      const place = lookup2(Uint8Array.from(client)) % count;
      if (!left.delete(place)) continue;
      const said = await ask(`w${count}.weighted.example TXT`, `${client.join('.')}/32`);
      assert.equal(said, `"${order[place] ?? ''}"`, `remainder ${place} of ${count}`);
    }
  }
});
