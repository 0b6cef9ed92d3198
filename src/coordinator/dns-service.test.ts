import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import type { TestContext } from 'node:test';
import { present } from '#base/assert.ts';
import { CookieJar } from '#dns/answer/cookies.ts';
import { ednsOption, flag } from '#dns/wire/constants.ts';
import { decodeMessage, encodeQuery } from '#dns/wire/message.ts';
import type { Message } from '#dns/wire/message.ts';
import { parseName } from '#dns/wire/name.ts';
import type { Name } from '#dns/wire/name.ts';
import { generationWith, openService } from './dns-service.fixture.ts';
import type { DnsService } from './dns-service.ts';

const client = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const address = Uint8Array.of(127, 0, 0, 1);

function apex(): Name {
  const parsed = parseName('example.com.');
  assert.ok(parsed.ok);
  return parsed.value;
}

/** Asks for the SOA over UDP, with a COOKIE option where one is given. */
async function ask(service: DnsService, cookie?: Uint8Array): Promise<Message> {
  const options = cookie && Uint8Array.of(0, ednsOption.cookie, 0, cookie.length, ...cookie);
  const edns = { udpBytes: 1232, ...(options === undefined ? {} : { options }) };
  const socket = createSocket('udp4');
  try {
    const reply = once(socket, 'message') as Promise<[Uint8Array]>; // dgram's own signature
    const { address: host, port } = present(service.bound[0], 'an address');
    socket.send(encodeQuery(1, { name: apex(), type: 6 }, edns), port, host);
    const decoded = decodeMessage((await reply)[0]);
    assert.ok(decoded.ok);
    return decoded.value;
  } finally {
    socket.close();
  }
}

/** The data of the COOKIE option of a reply, which has no other option. */
function cookieOf({ opt }: Message): Uint8Array {
  return present(opt, 'OPT').rdata.subarray(4);
}

function directory(context: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'fairlead-dns-'));
  context.after(() => rmSync(path, { recursive: true }));
  return path;
}

test('a generation is answered from the next query on, by every thread', async (context) => {
  const service = await openService(context, generationWith(1), { threads: 3 });
  for (const serial of [1, 2, 3]) {
    service.swap(generationWith(serial));
    for (let query = 0; query < 20; query++) {
      const { answers } = await ask(service);
      const soa = present(answers[0], 'the SOA').rdata;
      assert.equal(new DataView(soa.buffer, soa.byteOffset).getUint32(soa.length - 20), serial);
    }
  }
});

test('a rate limit truncates what goes beyond it, whichever thread is asked, but not for valid cookies', async (context) => {
  const rateLimit = { responsesPerSecond: 1, burst: 1, slip: 1, exempt: [] };
  const service = await openService(context, generationWith(1), {
    threads: 2,
    rateLimit,
    cookies: { kind: 'random' },
  });
  const first = await ask(service, client);
  const replies = [];
  for (let query = 0; query < 10; query++) replies.push(await ask(service));
  const truncated = replies.filter(({ flags }) => (flags & flag.truncated) !== 0);
  assert.ok(truncated.length >= 8, `${truncated.length} of 10 were truncated`);
  assert.ok(truncated.every(({ answers }) => answers.length === 0));
  for (let query = 0; query < 10; query++) {
    assert.equal((await ask(service, cookieOf(first))).flags & flag.truncated, 0);
  }
});

test('cookie secrets are read again on demand: the first signs, old ones verify, and a broken file changes nothing', async (context) => {
  const path = join(directory(context), 'secrets');
  const [old, fresh] = ['00'.repeat(16), '11'.repeat(16)];
  const jarOf = (secret: string): CookieJar => new CookieJar([Uint8Array.from(Buffer.from(secret, 'hex'))]);
  const judge = (secret: string, cookie: Uint8Array): string =>
    jarOf(secret).judge(cookie, 0, cookie.length, address, Math.floor(Date.now() / 1000));
  writeFileSync(path, `${old}\n`);
  const service = await openService(context, generationWith(1), { cookies: { kind: 'file', path } });
  assert.equal(judge(old, cookieOf(await ask(service, client))), 'valid');
  writeFileSync(path, `${fresh}\n${old}\n`);
  service.reloadSecrets();
  assert.equal(judge(fresh, cookieOf(await ask(service, client))), 'valid');
  writeFileSync(path, 'nothing of the kind\n');
  service.reloadSecrets();
  assert.equal(judge(fresh, cookieOf(await ask(service, client))), 'valid');
});
