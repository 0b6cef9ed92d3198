/** Real dig (bind9-dnsutils) against our sockets: what a person sees. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import test from 'node:test';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import type { IpAddress } from '#base/ip.ts';
import { createPrng } from '#base/prng.ts';
import { createAnswerer } from '#dns/answer/answerer.ts';
import { createGeneration } from '#dns/answer/generation.ts';
import { parseName } from '#dns/wire/name.ts';
import { buildImage } from '#dns/zone/image-builder.ts';
import { readZone } from '#dns/zone/read-zone.ts';
import { createLuaCompiler } from '#lua/compiler.ts';
import type { HealthHandle } from '#lua/health.ts';
import { noServices } from '#lua/steer.ts';
import { unknownGeo } from '#geo/unknown.ts';
import { listenInThread } from '#serve/in-thread.ts';

const run = promisify(execFile);
const isMissing = spawnSync('dig', ['-v']).error !== undefined;
if (isMissing && process.env['CI'] === 'true') throw new Error('dig is missing: apt-get install -y bind9-dnsutils');
const options = { skip: isMissing ? 'dig is missing: apt-get install -y bind9-dnsutils' : false, timeout: 30_000 };

const many = Array.from({ length: 100 }, (_, index) => `many A 192.0.2.${index}`).join('\n');
const text = `
$TTL 300
@       SOA ns1 hostmaster 2024010101 1h 10m 1w 60
@       NS ns1
@       MX 10 mail
@       TXT "v=spf1 -all" "two words"
@       CAA 0 issue "ca.example"
ns1     A 127.0.0.1
www  30 LUA A "ifportup(80, {'192.0.2.10', '192.0.2.20'}, {selector='all'})"
web     CNAME www
v6      AAAA 2001:db8::1
_sip._tcp SRV 1 2 5060 web
*.dev   A 192.0.2.80
sub     NS ns.sub
ns.sub  A 192.0.2.54
odd     TYPE65280 \\# 3 010203
${many}
`;

/** Serves the zone for one test; `down` holds the addresses that are down. */
async function serve(context: TestContext, down: Set<string>): Promise<(...question: string[]) => Promise<string>> {
  const register = ({ address }: { address: IpAddress }): HealthHandle => ({
    read: () => ({ state: down.has(address) ? 'down' : 'up', changePending: false }),
    weight: () => 0,
  });
  const origin = parseName('example.com.');
  assert.ok(origin.ok);
  const compile = createLuaCompiler({ health: { register }, geo: unknownGeo, steer: noServices, prng: createPrng(1) });
  const { zone, problems } = readZone({ file: 'example.com.zone', text, origin: origin.value }, { compile });
  assert.ok(zone !== undefined, JSON.stringify(problems));
  const { answer } = createAnswerer(createGeneration(buildImage([zone]), { compile }));
  const server = await listenInThread([{ address: '127.0.0.1' as IpAddress, port: 0 }], answer);
  assert.ok(server.ok);
  context.after(() => server.value.close());
  const port = String(server.value.bound[0]?.port);
  return async (...question) => {
    const { stdout } = await run('dig', ['@127.0.0.1', '-p', port, '+tries=1', '+time=5', ...question]);
    return stdout;
  };
}

/** The lines of dig's short form. */
function short(stdout: string): string[] {
  return stdout.trim().split('\n');
}

test('dig reads every type that the zone has, over UDP and TCP', options, async (context) => {
  const dig = await serve(context, new Set());
  const rows: [question: string[], answer: string[]][] = [
    [['example.com', 'SOA'], ['ns1.example.com. hostmaster.example.com. 2024010101 3600 600 604800 60']],
    [['example.com', 'NS'], ['ns1.example.com.']],
    [['example.com', 'MX'], ['10 mail.example.com.']],
    [['example.com', 'TXT'], ['"v=spf1 -all" "two words"']],
    [['example.com', 'CAA'], ['0 issue "ca.example"']],
    [
      ['www.example.com', 'A'],
      ['192.0.2.10', '192.0.2.20'],
    ],
    [
      ['web.example.com', 'A'],
      ['www.example.com.', '192.0.2.10', '192.0.2.20'],
    ],
    [['v6.example.com', 'AAAA'], ['2001:db8::1']],
    [['_sip._tcp.example.com', 'SRV'], ['1 2 5060 web.example.com.']],
    [['anything.dev.example.com', 'A'], ['192.0.2.80']],
    [['odd.example.com', 'TYPE65280'], ['\\# 3 010203']],
  ];
  for (const transport of ['+notcp', '+tcp']) {
    for (const [question, answer] of rows) {
      assert.deepEqual(short(await dig('+short', transport, ...question)), answer, question.join(' '));
    }
  }
});

test('an answer follows health with the next query', options, async (context) => {
  const down = new Set<string>();
  const dig = await serve(context, down);
  assert.deepEqual(short(await dig('+short', 'www.example.com')), ['192.0.2.10', '192.0.2.20']);
  down.add('192.0.2.10');
  assert.deepEqual(short(await dig('+short', 'www.example.com')), ['192.0.2.20']);
  down.delete('192.0.2.10');
  assert.deepEqual(short(await dig('+short', 'www.example.com')), ['192.0.2.10', '192.0.2.20']);
});

test('dig finds statuses, flags and sections as they should be, and warns of nothing', options, async (context) => {
  const dig = await serve(context, new Set());
  const rows: [question: string[], ...patterns: RegExp[]][] = [
    [['nowhere.example.com'], /status: NXDOMAIN/, /flags: qr aa rd;/, /AUTHORITY: 1/, /\t60\tIN\tSOA\t/],
    [['v6.example.com', 'A'], /status: NOERROR/, /ANSWER: 0, AUTHORITY: 1/],
    [
      ['x.sub.example.com', 'A'],
      /flags: qr rd;/,
      /ANSWER: 0, AUTHORITY: 1, ADDITIONAL: 2/,
      /ns\.sub\.example\.com\.\t300\tIN\tA\t192\.0\.2\.54/,
    ],
    [['example.org', 'A'], /status: REFUSED/, /EDE: 20 \(Not Authoritative\)/],
    [['example.com', 'ANY', '+notcp'], /HINFO\t"RFC8482" ""/],
    [['example.com', 'A', '+edns=1', '+noednsnegotiation'], /status: BADVERS/, /EDNS: version: 0/],
    [['example.com', 'A', '+opcode=2', '+noedns'], /status: NOTIMP/],
    [['www.example.com', 'A', '+subnet=198.51.100.0/24'], /CLIENT-SUBNET: 198\.51\.100\.0\/24\/0/],
    [['www.example.com', 'A', '+dnssec', '+nsid', '+cookie'], /flags: do; udp: 1232/, /ANSWER: 2/],
    [['many.example.com', 'A', '+ignore', '+noedns'], /flags: qr aa tc rd;/, /ANSWER: 0,/],
    [['many.example.com', 'A'], /Truncated, retrying in TCP mode/, /ANSWER: 100,/, /\(TCP\)/],
    [['example.com', 'AXFR'], /Transfer failed/],
  ];
  for (const [question, ...patterns] of rows) {
    const stdout = await dig(...question);
    for (const pattern of patterns) assert.match(stdout, pattern, question.join(' '));
    assert.doesNotMatch(stdout, /WARNING: (?!recursion requested)|malformed|extra bytes/i, question.join(' '));
  }
});

test('many queries go over one TCP connection', options, async (context) => {
  const dig = await serve(context, new Set());
  const questions = Array.from({ length: 20 }, () => ['v6.example.com', 'AAAA']).flat();
  const stdout = await dig('+tcp', '+keepopen', '+short', ...questions);
  assert.deepEqual(short(stdout), Array<string>(20).fill('2001:db8::1'));
});
