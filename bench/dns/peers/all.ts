/** Every server that the benchmark knows, ours first. */
import { fairlead } from './fairlead.ts';
import { gdnsd } from './gdnsd.ts';
import { knot } from './knot.ts';
import { nsd } from './nsd.ts';
import { pdns, pdnsShared } from './pdns.ts';
import type { Peer } from './peer.ts';

/** The servers; fairlead is the one of the given `bin/fairlead.js`. */
export function allPeers(fairleadProgram: string): readonly Peer[] {
  return [fairlead(fairleadProgram), gdnsd, knot, nsd, pdns, pdnsShared];
}
