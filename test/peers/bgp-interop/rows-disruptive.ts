/** Rows that stop or kill the daemon: each alone, one after the other. */
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import type { SpeakerEvent } from '../../../src/bgp-ts/src/index.ts';
import { eventually } from './daemon.ts';
import { peerOptions } from './ours.ts';
import { Bfd } from './ours-bfd.ts';
import type { Bench, Row } from './row.ts';
import { ask, hear, silence } from './world.ts';

const holdTimeSeconds = 3;

export const disruptiveRows: readonly Row[] = [
  {
    name: 'hold time runs out here',
    isDisruptive: true,
    run: async (bench: Bench): Promise<void> => {
      const ours = bench.speak({ holdTimeSeconds });
      ours.announce(bench.prefix);
      await bench.route();
      const from = ours.events.length;
      bench.daemon.signal('SIGSTOP');
      await ours.notification('sent', 4, 0, from).finally(() => bench.daemon.signal('SIGCONT'));
      await ours.established(ours.events.length);
      await bench.route();
    },
  },
  {
    name: 'hold time runs out there',
    isDisruptive: true,
    run: async (bench: Bench): Promise<void> => {
      const ours = bench.speak({ holdTimeSeconds });
      ours.announce(bench.prefix);
      await bench.route();
      const { space, ourAddress } = bench.neighbor;
      const isExpiry = (event: SpeakerEvent): boolean => event.kind === 'notification' && event.code === 4;
      // A daemon that gets no processor for two seconds loses against our own hold timer: then it is tried again.
      for (let left = 3, isTheirs = false; !isTheirs; left--) {
        assert.ok(left > 0, 'our hold time ran out first, three times');
        const from = ours.events.length;
        silence(space, ourAddress);
        const expiry = await ours.find('NOTIFICATION 4/0', isExpiry, from).finally(() => hear(space, ourAddress));
        isTheirs = expiry.kind === 'notification' && expiry.direction === 'received';
        await ours.established(from);
        await bench.route();
      }
    },
  },
  {
    name: 'zero window: nobody else waits, and nothing is lost',
    isDisruptive: true,
    run: async (bench: Bench): Promise<void> => {
      const { witness, neighbor } = bench;
      const ours = bench.speak();
      ours.speaker.addPeer(peerOptions(witness.neighbor, 'witness'));
      await ours.established();
      await ours.established(0, 'witness');
      bench.daemon.signal('SIGSTOP');
      try {
        // About 1.2 kB for each: more than sockets take. ExaBGP reads fifty of them in a second.
        const many = bench.daemon.name === 'ExaBGP' ? 400 : 2000;
        for (let index = 0; index < many; index++) {
          const largeCommunities = Array.from({ length: 100 }, (_, second) => `65001:${index}:${second}`);
          ours.announce(`100.${64 + (index >> 8)}.${index & 255}.0/24`, { largeCommunities });
          // The speakers of the other daemons' columns live in this thread, and have keepalives to send.
          if (index % 50 === 0) await turn();
        }
        const hasAll = async (): Promise<true | undefined> =>
          (await witness.daemon.count(witness.neighbor)) === many ? true : undefined;
        await eventually('the whole table at the witness', hasAll);
        const sockets = await ask('ss', '-Htn', 'src', neighbor.ourAddress, 'dst', neighbor.theirAddress);
        const [, queuedBytes = ''] = /ESTAB +\d+ +(\d+)/.exec(sockets) ?? [];
        assert.ok(Number(queuedBytes) > 0, `the daemon reads nothing, yet its socket is taken: ${sockets}`);
        ours.announce(bench.prefix, { med: 1 });
        await eventually('news at the witness', () => witness.daemon.route(witness.neighbor, bench.prefix));
        bench.daemon.signal('SIGCONT');
        await bench.count(many + 1);
        assert.equal(ours.sessions(), 2);
      } finally {
        bench.daemon.signal('SIGCONT');
      }
    },
  },
  {
    name: 'graceful restart of ours',
    isDisruptive: true,
    needs: { gracefulRestart: true },
    run: async (bench: Bench): Promise<void> => {
      const gone = `172.17.${bench.neighbor.index}.0/24`;
      const options = { gracefulRestart: { restartTimeSeconds: 60 } };
      const first = bench.speak(options);
      for (const prefix of [bench.prefix, gone]) first.announce(prefix);
      first.speaker.declareComplete();
      for (const prefix of [bench.prefix, gone]) await bench.route(prefix);
      await bench.daemonHasSession(true);
      await first.stop({ mode: 'silent' });
      await bench.daemonHasSession(false);
      await bench.count(2);
      const second = bench.speak(options);
      await second.established();
      await bench.daemonHasSession(true);
      second.announce(bench.prefix, { med: 5 });
      await bench.route(bench.prefix, ({ med }) => med === 5);
      await bench.route(gone);
      assert.ok(second.events.every(({ kind }) => kind !== 'endOfRibSent'));
      second.speaker.declareComplete();
      await second.find('End-of-RIB', ({ kind }) => kind === 'endOfRibSent');
      await bench.noRoute(gone);
      await bench.route(bench.prefix);
    },
  },
  {
    name: 'a NOTIFICATION is a restart, too (RFC 8538)',
    isDisruptive: true,
    needs: { gracefulRestart: true },
    lacking: { BIRD: 'has no N bit', OpenBGPD: 'has no N bit' },
    run: async (bench: Bench): Promise<void> => {
      const { theirAddress } = bench.neighbor;
      const ours = bench.speak({ holdTimeSeconds, gracefulRestart: { restartTimeSeconds: 60 } });
      ours.announce(bench.prefix);
      ours.speaker.declareComplete();
      await bench.route();
      const from = ours.events.length;
      silence(undefined, theirAddress);
      try {
        await ours.notification('sent', 4, 0, from);
        await bench.daemonReceived(4, 0);
        await bench.daemonHasSession(false);
        await bench.count(1);
      } finally {
        hear(undefined, theirAddress);
      }
      await ours.established(from);
      await bench.route();
    },
  },
  {
    name: 'BFD: the daemon sees us fall silent',
    isDisruptive: true,
    needs: { bfd: true },
    run: async (bench: Bench): Promise<void> => {
      await using bfd = new Bfd(bench.neighbor);
      const ours = bench.speak();
      ours.announce(bench.prefix);
      await bfd.becomes('up');
      await bench.route();
      const from = ours.events.length;
      await bfd.speaker.stop({ isSilent: true });
      await ours.ended(from);
    },
  },
  {
    name: 'BFD: we see the daemon fall silent',
    isDisruptive: true,
    needs: { bfd: true },
    run: async (bench: Bench): Promise<void> => {
      await using bfd = new Bfd(bench.neighbor);
      const ours = bench.speak();
      ours.announce(bench.prefix);
      await bfd.becomes('up');
      await bench.route();
      const from = ours.events.length;
      bench.daemon.signal('SIGSTOP');
      try {
        await bfd.becomes('down', 1);
        assert.ok(ours.speaker.resetPeer('daemon', { mode: 'bfdDown' }));
        await ours.notification('sent', 6, 10, from);
      } finally {
        bench.daemon.signal('SIGCONT');
      }
      await bfd.becomes('up', bfd.states.length);
      await ours.established(from);
      await bench.route();
    },
  },
  {
    name: 'kill -9 of the daemon, and its return',
    isDisruptive: true,
    run: async (bench: Bench): Promise<void> => {
      const ours = bench.speak();
      ours.announce(bench.prefix);
      await bench.route();
      const from = ours.events.length;
      await bench.daemon.kill();
      await ours.ended(from);
      await bench.daemon.start();
      await ours.established(from);
      await bench.route();
    },
  },
];
