/** Every daemon of the benchmark, ours first. */
import { bird } from './bird.ts';
import type { Daemon } from './daemon.ts';
import { exabgp } from './exabgp.ts';
import { frr } from './frr.ts';
import { gobgp } from './gobgp.ts';
import { ours } from './ours.ts';

export const allDaemons: readonly Daemon[] = [ours, bird, exabgp, gobgp, frr];
