/** What the servers serve and what they are asked: master files and dnsperf's query files, from a seed. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { createPrng } from '#base/prng.ts';

/** The apex of the zone, without its last dot. */
export const zoneName = 'bench.example';

/** The name whose answer never changes in a case; every zone has it, in its last line. */
export const staticName = `www.${zoneName}`;
/** Its address. */
export const staticAddress = [192, 0, 2, 1] as const;

/** Lines of a query file, where what is asked does not decide their number. */
const queryLines = 100_000;

/** Writes lines in pieces, so that a large file takes little memory. */
function writeLines(file: string, lines: Iterable<string>): void {
  const descriptor = openSync(file, 'w');
  let piece = '';
  for (const line of lines) {
    piece += line;
    if (piece.length < 1 << 20) continue;
    writeSync(descriptor, piece);
    piece = '';
  }
  writeSync(descriptor, piece);
  closeSync(descriptor);
}

/** Writes a zone with `names` names of one A record each, and `www`. */
export function writeZone(file: string, names: number): void {
  writeLines(file, zoneLines(names));
}

function* zoneLines(names: number): Iterable<string> {
  yield '$TTL 300\n';
  yield '@ IN SOA ns1 hostmaster 1 3600 600 1209600 60\n';
  yield '@ IN NS ns1\n@ IN NS ns2\nns1 IN A 192.0.2.53\nns2 IN A 198.51.100.53\n';
  for (let index = 0; index < names; index++) {
    yield `n${index} IN A 10.${(index >> 16) & 0xff}.${(index >> 8) & 0xff}.${index & 0xff}\n`;
  }
  yield `www IN A ${staticAddress.join('.')}\n`;
}

/** Writes a query file that asks for one name over and over. */
export function writeNameQueries(file: string, name: string): void {
  writeLines(file, Array<string>(queryLines).fill(`${name} A\n`));
}

/** What a case asks for. */
export type QueryKind = 'static' | 'names' | 'absent';

/** Writes a query file; `names` is how many the zone has. Equal seeds give equal files. */
export function writeQueries(file: string, kind: QueryKind, names: number, seed: number): void {
  writeLines(file, queries(kind, names, seed));
}

function* queries(kind: QueryKind, names: number, seed: number): Iterable<string> {
  const prng = createPrng(seed);
  const lines = kind === 'names' ? Math.max(names, queryLines) : queryLines;
  for (let line = 0; line < lines; line++) {
    if (kind === 'static') yield `${staticName} A\n`;
    else if (kind === 'names') yield `n${prng.below(names)}.${zoneName} A\n`;
    else yield `x${prng.below(0xffff_ffff).toString(36)}.${zoneName} A\n`;
  }
}
