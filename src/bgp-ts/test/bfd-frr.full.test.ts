/** BFD against FRR's bfdd (RFC 5880, RFC 5881): what it says is the reference. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bfdLabIsMissing, BfdLab, far, near } from './bfd-lab.ts';
import { eventually } from './wait.ts';

const peerLines = (peer: string, multiplier = 3): string => `
 peer ${peer}
  receive-interval 300
  transmit-interval 300
  detect-multiplier ${multiplier}
 !`;
const isLateness = (text: string): boolean => text.includes('so that Desired Min TX is');
const ours = { address: far.ipv4, name: 'bfdd', intervalMs: 300, multiplier: 3 } as const;

describe('BFD with bfdd', { skip: bfdLabIsMissing, concurrency: 3 }, () => {
  test('a session with bfdd comes up, follows its intervals, and goes down when bfdd dies', async () => {
    await using lab = new BfdLab();
    const bfdd = await lab.bfdd(peerLines(near.ipv4));
    const speaker = await lab.ours();
    await speaker.add(ours);
    await speaker.state('bfdd', 'up');
    // Ours told its 300 ms by a poll after the second that goes before up.
    await bfdd.shows(near.ipv4, /Status: up[^]*Remote timers:[^]*Transmission interval: 300ms/);
    const negotiated = await speaker.shows('bfdd', '300 ms of bfdd', (seen) => seen.detectionTimeMs === 900);
    assert.equal(negotiated.transmitIntervalMs, 300);

    bfdd.configure(`peer ${near.ipv4}`, 'receive-interval 450', 'transmit-interval 400');
    // bfdd takes one line after the other, and may send a packet between them.
    const changed = await speaker.shows(
      'bfdd',
      '450 ms of bfdd, and 3 × 400 ms',
      (seen) => seen.transmitIntervalMs === 450 && seen.detectionTimeMs === 1200,
    );
    assert.equal(changed.state, 'up');

    const from = speaker.log.events.length;
    await bfdd.kill();
    const down = await speaker.state('bfdd', 'down', from);
    assert.deepEqual([down.isPeerAdminDown, down.reason], [false, 'nothing came for 1200 ms']);
  });

  test('a shutdown at bfdd is told as administrative, and its end brings the session up again', async () => {
    await using lab = new BfdLab();
    const bfdd = await lab.bfdd(peerLines(near.ipv4));
    const speaker = await lab.ours();
    await speaker.add(ours);
    await speaker.state('bfdd', 'up');
    bfdd.configure(`peer ${near.ipv4}`, 'shutdown');
    const down = await speaker.state('bfdd', 'down');
    assert.deepEqual([down.isPeerAdminDown, down.reason], [true, 'the peer is administratively down']);
    const from = speaker.log.events.length;
    bfdd.configure(`peer ${near.ipv4}`, 'no shutdown');
    await speaker.state('bfdd', 'up', from);
  });

  test('bfdd sees our death by its detection time, our removal as administrative, and a silent stop as death', async () => {
    await using lab = new BfdLab();
    const bfdd = await lab.bfdd(peerLines(near.ipv4));
    const first = await lab.ours();
    await first.add(ours);
    await bfdd.shows(near.ipv4, /Status: up/);
    await first.kill();
    await bfdd.shows(near.ipv4, /Status: down[^]*Diagnostics: control detection time expired/);

    const second = await lab.ours();
    await second.add(ours);
    await bfdd.shows(near.ipv4, /Status: up/);
    second.remove('bfdd');
    await bfdd.shows(near.ipv4, /Status: down[^]*Remote diagnostics: administratively down/);
    // Added again while the old one still says its farewell: the new one stays up.
    await second.add(ours);
    await bfdd.shows(near.ipv4, /Status: up/);
    await second.stopped(false);
    await bfdd.shows(near.ipv4, /Status: down[^]*Remote diagnostics: administratively down/);

    // A silent stop says nothing: bfdd finds out by itself.
    const third = await lab.ours();
    await third.add(ours);
    await bfdd.shows(near.ipv4, /Status: up/);
    await third.stopped(true);
    await bfdd.shows(near.ipv4, /Status: down[^]*Diagnostics: control detection time expired/);
  });

  test('a session over IPv6, bound to its device, comes up with bfdd', async () => {
    await using lab = new BfdLab();
    const bfdd = await lab.bfdd(peerLines(`${near.ipv6} local-address ${far.ipv6}`));
    const speaker = await lab.ours();
    await speaker.add({ ...ours, address: far.ipv6, device: 'near' });
    await speaker.state('bfdd', 'up');
    await bfdd.shows(`${near.ipv6} local-address ${far.ipv6}`, /Status: up/);
  });

  test('a multihop session comes up with bfdd', async () => {
    await using lab = new BfdLab();
    const bfdd = await lab.bfdd(peerLines(`${near.ipv4} multihop local-address ${far.ipv4}`));
    const speaker = await lab.ours();
    await speaker.add({ ...ours, isMultihop: true, localAddress: near.ipv4 });
    await speaker.state('bfdd', 'up');
    await bfdd.shows(`${near.ipv4} multihop local-address ${far.ipv4}`, /Status: up/);
  });

  test('a pause of our process longer than the detection time ends nothing: what has come is read first', async () => {
    await using lab = new BfdLab();
    const bfdd = await lab.bfdd(peerLines(near.ipv4, 10));
    const speaker = await lab.ours();
    // bfdd waits a hundred intervals for us, and we wait ten for it.
    await speaker.add({ ...ours, multiplier: 100 });
    await bfdd.shows(near.ipv4, /Status: up[^]*Remote timers:[^]*Transmission interval: 300ms/);
    assert.equal((await speaker.snapshot('bfdd')).detectionTimeMs, 3000);
    speaker.signal('SIGSTOP');
    const before = bfdd.counter(near.ipv4, 'Control packet output');
    // Each comes 225 ms or more after the one before, so that fifteen take longer than the detection time.
    await eventually('fifteen packets of bfdd that wait for us', () =>
      bfdd.counter(near.ipv4, 'Control packet output') >= before + 15 ? true : undefined,
    );
    const from = speaker.log.events.length;
    speaker.signal('SIGCONT');
    const after = await speaker.shows('bfdd', 'the turn that came late', (seen) => seen.lateTicks > 0);
    assert.equal(after.state, 'up');
    const sent = after.packetsSent;
    await speaker.shows('bfdd', 'three more packets of ours', (seen) => seen.packetsSent >= sent + 3);
    // That this process is often late may be told, on a busy machine.
    const told = speaker.log.events.slice(from).filter((event) => !(event.kind === 'error' && isLateness(event.text)));
    assert.deepEqual(told, []);
    assert.equal(bfdd.counter(near.ipv4, 'Session down events'), 0);
  });

  test('a session that begins before its interface is up says so once and comes up with it', async () => {
    await using lab = new BfdLab();
    await lab.bfdd(peerLines(near.ipv4));
    lab.run('near', ['ip', 'link', 'set', 'near', 'down']);
    const speaker = await lab.ours();
    await speaker.add({ ...ours, localAddress: '192.0.2.9' });
    const error = await speaker.log.find('the refusal', (event) => event.kind === 'error');
    assert.match(error.text, /^BFD session bfdd: .*192\.0\.2\.9 port 3784: EADDRNOTAVAIL$/);
    assert.match((await speaker.snapshot('bfdd')).reason, /EADDRNOTAVAIL/);
    speaker.remove('bfdd');
    await speaker.add(ours);
    await speaker.log.find('no route', (event) => event.kind === 'error' && event.text.includes('ENETUNREACH'));
    lab.run('near', ['ip', 'link', 'set', 'near', 'up']);
    await speaker.state('bfdd', 'up');
    assert.equal(speaker.log.events.filter((event) => event.kind === 'error').length, 2);
  });
});
