/** Prints for each question how many octets an answer to it allocates once the code is compiled. Run by allocation.test.ts. */
import { getHeapStatistics } from 'node:v8';
import { parseType } from '../wire/constants.ts';
import { encodeQuery } from '../wire/message.ts';
import { name } from '../zone/read-zone.fixture.ts';
import { createAnswerer } from './answerer.ts';
import { CookieJar } from './cookies.ts';
import { generationOf, udp } from './serving.fixture.ts';

const rounds = 40;
const answersEach = 20_000;

const zone = `
$TTL 300
@     SOA ns1 admin 7 3600 600 86400 60
@     NS ns1
ns1   A 192.0.2.53
@     ALIAS www
www   A 192.0.2.1
c     CNAME www
*.w   A 192.0.2.1
sub   NS ns.sub
ns.sub A 192.0.2.9
`;
const questions = [
  'www A',
  'WWW A',
  'ns1 TXT',
  'nope A',
  'NOPE A',
  'c A',
  'x.w A',
  'x.sub A',
  '@ A',
  '@ MX',
  'www ANY',
];
const cookie = Uint8Array.of(0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8);
const subnet = Uint8Array.of(0, 8, 0, 7, 0, 1, 24, 0, 192, 0, 2);

const answerer = createAnswerer(generationOf(zone), { cookies: new CookieJar([new Uint8Array(16)]) });
const out = new Uint8Array(4096);
for (const options of [undefined, new Uint8Array(0), cookie, subnet]) {
  for (const question of questions) {
    const [label = '', type = ''] = question.split(' ');
    const owner = name(label === '@' ? 'example.com.' : `${label}.example.com.`);
    const edns = options === undefined ? undefined : { udpBytes: 1232, options };
    const query = encodeQuery(1, { name: owner, type: parseType(type) ?? 0 }, edns);
    // The best of many rounds: in some of them V8 itself compiles.
    let least = Infinity;
    for (let round = 0; round < rounds && least >= 1; round++) {
      const before = getHeapStatistics().used_heap_size;
      for (let count = 0; count < answersEach; count++) answerer.answer(query, query.length, udp, out);
      const allocated = getHeapStatistics().used_heap_size - before;
      // Negative where the collector ran.
      if (allocated >= 0) least = Math.min(least, allocated / answersEach);
    }
    console.log(`${least.toFixed(1)} ${question} ${options?.length ?? 'plain'}`);
  }
}
