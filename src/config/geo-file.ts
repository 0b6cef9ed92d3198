/** Geo databases as files of this machine, in memory that threads can share. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { openMmdb } from '#geo/mmdb.ts';
import { reasonOf } from './secret.ts';
import { defaultDatabaseUrl } from '#geo/default-database.ts';

/** The octets of a database, which never change, and the file that they came from. */
export interface GeoFile {
  readonly file: string;
  readonly bytes: Uint8Array;
}

let defaultFile: GeoFile | undefined;

/** The country database that comes with fairlead, read at the first use. */
export function defaultGeoFile(): GeoFile {
  const path = fileURLToPath(defaultDatabaseUrl());
  defaultFile ??= geoFile(path, readFileSync(path));
  return defaultFile;
}

/** Reads and proves a database; the fault says which file, what is wrong with it, and where. */
export function readGeoFile(path: string): Result<GeoFile, string> {
  try {
    const file = geoFile(path, readFileSync(path));
    const opened = openMmdb(file.bytes, path);
    return opened.ok ? succeed(file) : opened;
  } catch (error) {
    return refuse(`cannot read ${path}: ${reasonOf(error)}`);
  }
}

/** A file in memory that is handed to threads without copying it. */
export function geoFile(file: string, octets: Uint8Array): GeoFile {
  const bytes = new Uint8Array(new SharedArrayBuffer(octets.length));
  bytes.set(octets);
  return { file, bytes };
}
