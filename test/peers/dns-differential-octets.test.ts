/**
 * What a server answers to unusual, unknown and malformed messages (RFC 8906, RFC 6891, RFC 9619), fairlead as a process
 * and real BIND side by side: each message goes to both over UDP and TCP.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { headerBytes } from '#dns/wire/constants.ts';
import { decodeMessage } from '#dns/wire/message.ts';
import { fileScope } from '../cli/scope.ts';
import { canonicalReply } from '../conformance/canonical.ts';
import { controlQuery, octetsCases } from './dns-differential-octets.ts';
import { missingPeers, readPeerZones, startServers } from './dns-differential-servers.ts';
import type { PeerServer } from './dns-differential-servers.ts';

const missing = missingPeers(['bind']);
const options = { skip: missing ?? false, timeout: 60_000 };
const servers = missing === undefined ? await startServers(fileScope(), readPeerZones(), ['bind']) : [];
const [ours, bind] = servers;

const transports = ['udp', 'tcp'] as const;

/** The reply to octets; undefined for silence. */
async function reply(
  server: PeerServer | undefined,
  octets: Uint8Array,
  transport: 'udp' | 'tcp',
): Promise<Uint8Array | undefined> {
  assert.ok(server !== undefined);
  const replies = await server.probe(octets, controlQuery, transport);
  assert.ok(replies.length <= 1, `${server.name} sent ${replies.length} replies`);
  return replies[0];
}

/** The response code of the reply, or silence. */
async function rcodeOf(server: PeerServer | undefined, octets: Uint8Array, transport: 'udp' | 'tcp'): Promise<string> {
  const bytes = await reply(server, octets, transport);
  if (bytes === undefined) return 'silence';
  const canonical = canonicalReply(bytes);
  assert.ok(canonical.ok, JSON.stringify(canonical));
  return canonical.value.rcode;
}

for (const { what, octets, expected, bind: given, hasOpt } of octetsCases) {
  for (const transport of transports) {
    test(`${what} over ${transport} gets ${expected}`, options, async () => {
      assert.equal(await rcodeOf(bind, octets, transport), given?.[0] ?? expected, 'BIND');
      const bytes = await reply(ours, octets, transport);
      if (bytes === undefined) {
        assert.equal('silence', expected);
        return;
      }
      const decoded = decodeMessage(bytes);
      const canonical = canonicalReply(bytes);
      assert.ok(decoded.ok && canonical.ok, 'the reply parses');
      assert.equal(canonical.value.rcode, expected);
      assert.deepEqual(bytes.subarray(0, 2), octets.subarray(0, 2), 'the id comes back');
      const { flags, opt } = decoded.value;
      assert.equal(flags & 0xf800, 0x8000 | (((octets[2] ?? 0) << 8) & 0x7800), 'QR and the opcode');
      // RA and the reserved bit are never set, nor is AD, which says that data was verified (RFC 6840 §5.8).
      assert.equal(flags & 0x00e0, 0);
      assert.equal(flags & 0x0100, ((octets[2] ?? 0) << 8) & 0x0100, 'RD comes back');
      if (hasOpt !== undefined) assert.equal(opt !== undefined, hasOpt, 'OPT');
      if (opt !== undefined) assertOpt(opt, octets);
    });
  }
}

/** The version is 0, flags other than DO are clear, and DO is as it was sent (RFC 6891 §6.1.4, RFC 3225 §3). */
function assertOpt(opt: { readonly ttlSeconds: number; readonly rdata: Uint8Array }, octets: Uint8Array): void {
  const query = decodeMessage(octets);
  assert.equal((opt.ttlSeconds >>> 16) & 0xff, 0, 'the EDNS version');
  const sent = query.ok ? (query.value.opt?.ttlSeconds ?? 0) : 0;
  assert.equal(opt.ttlSeconds & 0xffff, sent & 0x8000, 'the EDNS flags');
  for (let at = 0; at < opt.rdata.length;) {
    const code = ((opt.rdata[at] ?? 0) << 8) | (opt.rdata[at + 1] ?? 0);
    assert.notEqual(code, 100, 'an unknown option is not sent back');
    at += 4 + (((opt.rdata[at + 2] ?? 0) << 8) | (opt.rdata[at + 3] ?? 0));
  }
}

test('whatever the flags of a query, those of the reply are those of BIND', options, async () => {
  const [first] = octetsCases;
  assert.ok(first !== undefined);
  for (let bit = 0; bit < 15; bit++) {
    // The bits of the opcode are elsewhere.
    if (bit >= 11 && bit <= 14) continue;
    const octets = first.octets.slice();
    octets[2] = (1 << bit) >> 8;
    octets[3] = (1 << bit) & 0xff;
    const flagsOf = async (server: PeerServer | undefined): Promise<number> => {
      const bytes = await reply(server, octets, 'udp');
      assert.ok(bytes !== undefined && bytes.length > headerBytes);
      return ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
    };
    assert.equal((await flagsOf(ours)).toString(16), (await flagsOf(bind)).toString(16), `bit ${bit}`);
  }
});
