/** BFD against BIRD 2, and what a capture of our own packets shows (RFC 5880 §6.8.7, RFC 5881 §5). */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { buffer } from 'node:stream/consumers';
import { once } from 'node:events';
import { readCapture } from './bfd-capture.ts';
import { bfdLabIsMissing, BfdLab, far, near } from './bfd-lab.ts';

const birdLines = (intervalMs: number, multiplier = 3): string => `
  interface "far" { interval ${intervalMs} ms; multiplier ${multiplier}; idle tx interval 1 s; };
  neighbor ${near.ipv4} dev "far";
  neighbor ${near.ipv6} dev "far";
  neighbor ${near.linkLocal} dev "far" local ${far.linkLocal};`;
const ours = { name: 'bird', intervalMs: 300, multiplier: 3 } as const;

describe('BFD with BIRD and on the wire', { skip: bfdLabIsMissing, concurrency: 2 }, () => {
  test('sessions with BIRD come up, follow its intervals, and go down when it dies', async () => {
    await using lab = new BfdLab();
    const bird = await lab.bird(birdLines(300));
    const speaker = await lab.ours();
    await speaker.add({ ...ours, address: far.ipv4 });
    await speaker.add({ ...ours, name: 'bird6', address: far.ipv6, device: 'near' });
    const linkLocal = { ...ours, name: 'link', address: far.linkLocal, localAddress: near.linkLocal };
    await speaker.add({ ...linkLocal, device: 'near' });
    await Promise.all(['bird', 'bird6', 'link'].map((name) => speaker.state(name, 'up')));
    // Interval and Timeout as BIRD computes them: ours are told by poll after coming up.
    await bird.shows(/192\.0\.2\.1 +far +Up +\S+ +0\.300 +0\.900/);
    await bird.shows(/2001:db8::1 +far +Up +\S+ +0\.300 +0\.900/);
    await bird.shows(/fe80::1 +far +Up +\S+ +0\.300 +0\.900/);

    bird.configure(birdLines(600));
    const changed = await speaker.shows('bird', '600 ms of BIRD', (seen) => seen.transmitIntervalMs === 600);
    assert.equal(changed.state, 'up');
    await speaker.shows('bird', '3 × 600 ms', (seen) => seen.detectionTimeMs === 1800);

    const from = speaker.log.events.length;
    await bird.kill();
    const down = await speaker.state('bird', 'down', from);
    assert.deepEqual([down.isPeerAdminDown, down.reason], [false, 'nothing came for 1800 ms']);
  });

  test('BIRD sees our death, and our return', async () => {
    await using lab = new BfdLab();
    const bird = await lab.bird(birdLines(300));
    const first = await lab.ours();
    await first.add({ ...ours, address: far.ipv4 });
    await bird.shows(/192\.0\.2\.1 +far +Up/);
    await first.kill();
    await bird.shows(/192\.0\.2\.1 +far +Down/);
    const second = await lab.ours();
    await second.add({ ...ours, address: far.ipv4 });
    await bird.shows(/192\.0\.2\.1 +far +Up/);
  });

  for (const family of ['ipv4', 'ipv6'] as const) {
    test(`what comes with a TTL of 254 over ${family} is as if it had not come`, async () => {
      await using lab = new BfdLab();
      const [speaker, sender] = await Promise.all([lab.ours(), lab.ours('far')]);
      await speaker.add({ ...ours, address: far[family] });
      await speaker.shows('bird', 'its first packet, after which it listens', (seen) => seen.packetsSent > 0);
      // Version 1, state Down, multiplier 3, discriminators 1 and 0, intervals of a second.
      const down = '20400318' + '00000001' + '00000000' + '000f4240' + '000f4240' + '00000000';
      await sender.send(down, near[family], 254);
      await sender.send(down, near[family], 64);
      await sender.send(down, near[family], 255);
      await speaker.state('bird', 'init');
      assert.equal((await speaker.snapshot('bird')).packetsReceived, 1);
    });
  }

  test('our packets have TTL 255, one source port, and 75 % of the interval between them at least', async () => {
    await using lab = new BfdLab();
    // A change of state is told at once: here none is to come, however long a busy machine lets one of them wait.
    const multiplier = 100;
    const bird = await lab.bird(birdLines(50, multiplier));
    const speaker = await lab.ours();
    await speaker.add({ ...ours, address: far.ipv4, intervalMs: 50, multiplier, allowFast: true });
    await bird.shows(/192\.0\.2\.1 +far +Up +\S+ +0\.050/);
    const filter = ['udp', 'dst', 'port', '3784', 'and', 'src', near.ipv4];
    const capture = lab.spawn('near', ['tcpdump', '-q', '-i', 'near', '-U', '-w', '-', '-c', '60', ...filter]);
    assert.ok(capture.stdout);
    const [bytes] = await Promise.all([buffer(capture.stdout), once(capture, 'exit')]);
    const packets = readCapture(bytes);
    assert.equal(packets.length, 60);
    assert.deepEqual(new Set(packets.map((packet) => packet.ttl)), new Set([255]));
    const ports = [...new Set(packets.map((packet) => packet.sourcePort))];
    assert.equal(ports.length, 1);
    assert.ok(ports.every((port) => port >= 49_152));
    const periodic = packets.filter((packet) => !packet.isFinal);
    const gapsMs = periodic.slice(1).map((packet, index) => packet.timeMs - (periodic[index]?.timeMs ?? Infinity));
    // Half a millisecond is for the clocks of two layers; how late a busy machine is says nothing about the protocol.
    assert.ok(Math.min(...gapsMs) >= 0.75 * 50 - 0.5, `least gap: ${Math.min(...gapsMs)} ms`);
    assert.ok(new Set(gapsMs.map(Math.round)).size >= 4, 'gaps differ');
  });
});
