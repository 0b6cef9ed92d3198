/**
 * The embedded engine of ConfigStore: one SQLite file in the state directory, no server.
 *
 * Write-ahead log with `synchronous = FULL`: a resolved call has reached the disk, a torn write is rolled back at the
 * next start. The file is locked for one process. Objects are hashed again when read, so that a damaged one is missed
 * rather than believed.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { compareHeads, digestOf, headSchema } from '../head.ts';
import type { Head, HeadId } from '../head.ts';
import type { AdvanceFault, ConfigStore } from '../store.ts';

const tables = `
  CREATE TABLE IF NOT EXISTS objects (digest TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS heads (
    epoch INTEGER NOT NULL, sequence INTEGER NOT NULL, release TEXT NOT NULL REFERENCES objects (digest),
    previous TEXT, author TEXT NOT NULL, atUnixMs REAL NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY (epoch, sequence)
  ) STRICT;
`;

/** Opens `stateDirectory/store.db`, and makes it where it is missing. Throws with the path when that cannot be. */
export function openEmbeddedStore(stateDirectory: string): ConfigStore {
  const path = join(stateDirectory, 'store.db');
  try {
    mkdirSync(stateDirectory, { recursive: true });
    const database = new DatabaseSync(path);
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    database.exec(tables);
    return new SqliteStore(database);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const hint = reason.includes('locked') ? ': another process holds it' : '';
    throw new Error(`cannot open the release store ${path}: ${reason}${hint}`, { cause: error });
  }
}

class SqliteStore implements ConfigStore {
  readonly #database: DatabaseSync;
  readonly #waiting = new Set<() => void>();
  #isClosed = false;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  putObject(bytes: Uint8Array): Promise<string> {
    const digest = digestOf(bytes);
    const upsert = 'INSERT INTO objects VALUES (?, ?) ON CONFLICT (digest) DO UPDATE SET bytes = excluded.bytes';
    this.#database.prepare(upsert).run(digest, bytes);
    return Promise.resolve(digest);
  }

  getObject(digest: string): Promise<Uint8Array | undefined> {
    const row = this.#database.prepare('SELECT bytes FROM objects WHERE digest = ?').get(digest);
    const bytes = row?.['bytes'];
    return Promise.resolve(bytes instanceof Uint8Array && digestOf(bytes) === digest ? bytes : undefined);
  }

  dropObject(digest: string): Promise<void> {
    const drop = 'DELETE FROM objects WHERE digest = ? AND digest NOT IN (SELECT release FROM heads)';
    this.#database.prepare(drop).run(digest);
    return Promise.resolve();
  }

  head(): Promise<Head | undefined> {
    return Promise.resolve(this.#newest());
  }

  advance(expected: HeadId | undefined, next: Head): Promise<Result<Head, AdvanceFault>> {
    const current = this.#newest();
    if (compareHeads(current, expected) !== 0) return Promise.resolve(refuse({ kind: 'conflict', current }));
    if (current !== undefined && compareHeads(next, current) <= 0) {
      return Promise.resolve(refuse({ kind: 'stale', current }));
    }
    const isPut = this.#database.prepare('SELECT 1 FROM objects WHERE digest = ?').get(next.release) !== undefined;
    if (!isPut) return Promise.resolve(refuse({ kind: 'missingObject', digest: next.release }));
    // One process holds the file and nothing here awaits, so no one moves the head between the check and this.
    this.#database
      .prepare('INSERT INTO heads VALUES (?, ?, ?, ?, ?, ?, ?)')
      .run(next.epoch, next.sequence, next.release, next.previous, next.author, next.atUnixMs, next.reason);
    this.#wake();
    return Promise.resolve(succeed(next));
  }

  log(since?: HeadId): Promise<readonly Head[]> {
    return Promise.resolve(this.#newerThan(since));
  }

  async *watch(since: HeadId | undefined, signal: AbortSignal): AsyncGenerator<Head> {
    let last = since;
    while (!signal.aborted && !this.#isClosed) {
      const heads = this.#newerThan(last);
      for (const head of heads) {
        yield head;
        last = head;
      }
      if (heads.length === 0) await this.#nextChange(signal);
    }
  }

  close(): Promise<void> {
    if (!this.#isClosed) this.#database.close();
    this.#isClosed = true;
    this.#wake();
    return Promise.resolve();
  }

  #newest(): Head | undefined {
    const row = this.#database.prepare('SELECT * FROM heads ORDER BY epoch DESC, sequence DESC LIMIT 1').get();
    return row === undefined ? undefined : headSchema.parse({ ...row });
  }

  #newerThan(since: HeadId | undefined): readonly Head[] {
    const { epoch, sequence } = since ?? { epoch: 0, sequence: 0 };
    const query = 'SELECT * FROM heads WHERE (epoch, sequence) > (?, ?) ORDER BY epoch, sequence';
    return this.#database
      .prepare(query)
      .all(epoch, sequence)
      .map((row) => headSchema.parse({ ...row }));
  }

  #nextChange(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#waiting.add(done);
      signal.addEventListener('abort', done);
      if (signal.aborted) done();
    });
  }

  #wake(): void {
    for (const done of [...this.#waiting]) done();
  }
}
