/** Runs the matrix: every daemon at once, in each the quiet rows at once and then the disruptive ones. */
import { inspect } from 'node:util';
import { makeBird } from './bird.ts';
import type { Daemon, DaemonName, Lacks, MakeDaemon, Neighbor } from './daemon.ts';
import { daemonNames } from './daemon.ts';
import { makeOpenbgpd, openbgpdLacks } from './openbgpd.ts';
import { Bench } from './row.ts';
import type { Row } from './row.ts';
import { disruptiveRows } from './rows-disruptive.ts';
import { routeRows } from './rows-routes.ts';
import { sessionRows } from './rows-sessions.ts';
import { exabgpLacks, makeExabgp } from './exabgp.ts';
import { makeFrr } from './frr.ts';
import { gobgpLacks, makeGobgp } from './gobgp.ts';
import { makePlace } from './world.ts';
import type { Place } from './world.ts';

export const rows: readonly Row[] = [...sessionRows, ...routeRows, ...disruptiveRows];

/** `n/a: why` where a daemon has no such thing; `failure` is for whoever repairs it. */
export interface Cell {
  readonly row: string;
  readonly daemon: DaemonName;
  readonly outcome: string;
  readonly failure?: string;
  readonly tookMs?: number;
}

const kinds: Record<DaemonName, { readonly make: MakeDaemon; readonly lacks: Lacks }> = {
  BIRD: { make: makeBird, lacks: () => undefined },
  FRR: { make: makeFrr, lacks: () => undefined },
  GoBGP: { make: makeGobgp, lacks: gobgpLacks },
  ExaBGP: { make: makeExabgp, lacks: exabgpLacks },
  OpenBGPD: { make: makeOpenbgpd, lacks: openbgpdLacks },
};

const theirAsn = 65010;
const witnessNumber = 100;

/** Which part of the matrix to run: names that hold these words. */
export interface Choice {
  readonly daemons: readonly string[];
  readonly row: string;
}

/** Runs the rows in namespaces that `enterWorld` made; cells come as they end. */
export async function runMatrix(choice: Choice, onCell: (cell: Cell) => void): Promise<void> {
  const chosen = daemonNames.filter((name) => choice.daemons.length === 0 || choice.daemons.includes(name));
  const witnesses = await startWitness();
  const columns = chosen.map(async (name) => {
    const witness = witnesses[daemonNames.indexOf(name)];
    if (witness !== undefined) await runColumn(name, choice.row, witness, onCell);
  });
  await Promise.all(columns);
}

async function startWitness(): Promise<readonly Bench['witness'][]> {
  const place = makePlace('witness', witnessNumber, daemonNames.length);
  const neighbors = daemonNames.map((_, index) => neighborFor(place, index, {}));
  const daemon = makeBird(place, theirAsn, neighbors);
  await daemon.start();
  return neighbors.map((neighbor) => ({ daemon, neighbor }));
}

/** The session of a row, whose `index` counts our addresses. */
function neighborFor(place: Place, index: number, row: Omit<Row, 'name' | 'run'>): Neighbor {
  const version = row.isOverIpv6 === true ? 'v6' : 'v4';
  return {
    space: place.space,
    index,
    ourAddress: place.ours(index)[version],
    ourIpv6Address: place.ours(index).v6,
    theirAddress: place.theirs[version],
    ourAsn: row.isInternal === true ? theirAsn : (row.ourAsn ?? 65001),
    theirAsn,
    families: row.families ?? ['ipv4-unicast'],
    needs: row.needs ?? {},
  };
}

async function runColumn(
  name: DaemonName,
  wanted: string,
  witness: Bench['witness'],
  onCell: (cell: Cell) => void,
): Promise<void> {
  const { make, lacks } = kinds[name];
  const place = makePlace(name.toLowerCase(), daemonNames.indexOf(name) + 1, rows.length);
  const possible: { readonly row: Row; readonly neighbor: Neighbor }[] = [];
  for (const [index, row] of rows.entries()) {
    if (!row.name.includes(wanted)) continue;
    const lack = row.lacking?.[name] ?? lacks(row.needs ?? {});
    if (lack === undefined) possible.push({ row, neighbor: neighborFor(place, index, row) });
    else onCell({ row: row.name, daemon: name, outcome: `n/a: ${lack}` });
  }
  const neighbors = possible.map(({ neighbor }) => neighbor);
  const daemon = make(place, theirAsn, neighbors);
  const run = ({ row, neighbor }: (typeof possible)[number]): Promise<void> =>
    runCell(row, daemon, new Bench(daemon, neighbor, witness), onCell);
  await daemon.start();
  await Promise.all(possible.filter(({ row }) => row.isDisruptive !== true).map(run));
  for (const one of possible.filter(({ row }) => row.isDisruptive === true)) await run(one);
  await daemon.kill();
}

/** The last lines of a log that name the neighbor. */
function aboutNeighbor(log: string, { index, ourAddress }: Neighbor): string {
  const isAbout = (line: string): boolean =>
    line.includes(` n${index}:`) ||
    line.split(/[^0-9a-f.:]/).some((word) => word === ourAddress || word === `${ourAddress}:`);
  return log.split('\n').filter(isAbout).slice(-40).join('\n');
}

async function runCell(row: Row, daemon: Daemon, bench: Bench, onCell: (cell: Cell) => void): Promise<void> {
  const startMs = performance.now();
  let error: unknown;
  try {
    await row.run(bench);
  } catch (caught) {
    error = caught;
  }
  const told = await bench.end();
  const cell = { row: row.name, daemon: daemon.name, tookMs: Math.round(performance.now() - startMs) };
  const but = row.but?.[daemon.name];
  if (error === undefined) onCell({ ...cell, outcome: but === undefined ? 'passed' : `passed, ${but}` });
  else {
    const failure = `${inspect(error)}\nwe told:\n${told.slice(-4000)}\n${daemon.name} told:\n${aboutNeighbor(daemon.log(), bench.neighbor)}`;
    onCell({ ...cell, outcome: 'failed', failure });
  }
}
