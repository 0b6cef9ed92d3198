/**
 * What a coordinator answers about releases, apart from HTTP: heads and objects for followers, and for people apply,
 * rollback and history. Only the writer moves the head; every other coordinator names the writer instead.
 */
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { compareHeads, formatHeadId, parseHeadId } from './head.ts';
import type { Head, HeadId } from './head.ts';
import { describeAdvanceFault } from './store.ts';
import type { ConfigStore } from './store.ts';

/** Why a call was refused, with the HTTP status that fits. */
export interface ReplicationFault {
  readonly status: 400 | 404 | 409 | 421 | 422;
  readonly code: 'bad-request' | 'no-release' | 'conflict' | 'behind' | 'not-writer' | 'bad-release' | 'unchanged';
  readonly message: string;
  /** One line for each problem of a refused release. */
  readonly problems?: readonly string[];
}

export interface ReplicationOptions {
  readonly store: ConfigStore;
  readonly role: { readonly kind: 'writer' } | { readonly kind: 'follower'; readonly writers: readonly string[] };
  /** Checks a stored release that is to be put in force again; one line for each problem, empty when it may run. */
  readonly recheck: (bytes: Uint8Array) => readonly string[] | Promise<readonly string[]>;
  readonly unixMs: () => number;
}

/** A head that was asked for, and whether it is a new one. */
export interface Applied {
  readonly head: Head;
  /** False when that release was in force already. */
  readonly changed: boolean;
}

export interface ReplicationHandlers {
  /** Heads newer than `since` (`E.S`, absent for all), oldest first; waits for one up to `waitMs`, then gives none. */
  handleHeads(query: {
    readonly since: string | undefined;
    readonly waitMs: number;
    readonly signal: AbortSignal;
  }): Promise<Result<readonly Head[], ReplicationFault>>;
  handleObject(digest: string): Promise<Uint8Array | undefined>;
  /**
   * Puts a release in force. `release` checks it and gives its bytes (their digest where the store has them already), or
   * one line for each problem; it is not asked for where the call is refused anyway. `expected` (`E.S`) makes it fail when another head is in force.
   */
  applyRelease(request: {
    readonly release: () => Promise<Result<Uint8Array | string, readonly string[]>>;
    readonly who: string;
    readonly reason: string;
    readonly expected?: string | undefined;
  }): Promise<Result<Applied, ReplicationFault>>;
  /** Puts an earlier release in force as a new head: that of head `to`, or the one before the current. */
  rollback(request: {
    readonly to?: string | undefined;
    readonly who: string;
    readonly reason: string;
  }): Promise<Result<Applied, ReplicationFault>>;
  /** The heads kept here, newest first. */
  history(): Promise<readonly Head[]>;
}

/** Builds the handlers over one store. */
export function createReplicationHandlers(options: ReplicationOptions): ReplicationHandlers {
  const { store } = options;
  return {
    handleHeads: (query) => newerHeads(store, query),
    handleObject: (digest) => store.getObject(digest),
    applyRelease: async ({ release, who, reason, expected }) => {
      const elsewhere = notWriter(options);
      if (elsewhere !== undefined) return refuse(elsewhere);
      const current = await store.head();
      if (expected !== undefined && formatHeadId(current) !== expected) {
        return refuse(fault('conflict', `head ${expected} was expected, ${formatHeadId(current)} is in force`));
      }
      const given = await release();
      if (!given.ok) return refuse(badRelease(given.fault));
      const digest = typeof given.value === 'string' ? given.value : await store.putObject(given.value);
      if (current?.release === digest) return succeed({ head: current, changed: false });
      return advance(options, current, { release: digest, author: who, reason });
    },
    rollback: async ({ to, who, reason }) => {
      const elsewhere = notWriter(options);
      if (elsewhere !== undefined) return refuse(elsewhere);
      const current = await store.head();
      const target = await findTarget(store, current, to);
      if (!target.ok) return target;
      const bytes = await store.getObject(target.value.release);
      if (bytes === undefined) return refuse(fault('no-release', `the release of ${to ?? 'it'} is damaged or gone`));
      const problems = await options.recheck(bytes);
      if (problems.length > 0) return refuse(badRelease(problems));
      const why = `rollback to ${formatHeadId(target.value)}: ${reason}`.slice(0, 500);
      return advance(options, current, { release: target.value.release, author: who, reason: why });
    },
    history: async () => (await store.log()).toReversed(),
  };
}

const statuses = {
  'bad-request': 400,
  'no-release': 404,
  conflict: 409,
  behind: 409,
  unchanged: 409,
  'not-writer': 421,
  'bad-release': 422,
} as const;

function fault(code: ReplicationFault['code'], message: string): ReplicationFault {
  return { status: statuses[code], code, message };
}

function badRelease(problems: readonly string[]): ReplicationFault {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return { ...fault('bad-release', `the release is refused: ${count}`), problems };
}

function notWriter({ role }: ReplicationOptions): ReplicationFault | undefined {
  if (role.kind === 'writer') return undefined;
  return fault('not-writer', `this coordinator follows ${role.writers.join(', ')}, expected the call there`);
}

async function newerHeads(
  store: ConfigStore,
  query: Parameters<ReplicationHandlers['handleHeads']>[0],
): Promise<Result<readonly Head[], ReplicationFault>> {
  const since = query.since === undefined ? { epoch: 0, sequence: 0 } : parseHeadId(query.since);
  if (since === undefined) {
    return refuse(fault('bad-request', `since: got '${query.since ?? ''}', expected EPOCH.SEQUENCE such as 1.42`));
  }
  const current = await store.head();
  if (compareHeads(since, current ?? { epoch: 0, sequence: 0 }) > 0) {
    return refuse(
      fault('behind', `head ${formatHeadId(since)} is newer than ${formatHeadId(current)}, the newest here`),
    );
  }
  const known = await store.log(since);
  if (known.length > 0 || query.waitMs <= 0) return succeed(known);
  const ended = AbortSignal.any([query.signal, AbortSignal.timeout(query.waitMs)]);
  for await (const head of store.watch(since, ended)) return succeed([head]);
  return succeed([]);
}

async function findTarget(
  store: ConfigStore,
  current: Head | undefined,
  to: string | undefined,
): Promise<Result<Head, ReplicationFault>> {
  const log = await store.log();
  const id = to === undefined ? undefined : parseHeadId(to);
  const target =
    to === undefined
      ? log.findLast((head) => head.release !== current?.release)
      : log.find((head) => id !== undefined && compareHeads(head, id) === 0);
  if (target === undefined) {
    return refuse(
      fault('no-release', to === undefined ? 'there is no earlier release' : `there is no head ${to} here`),
    );
  }
  if (target.release === current?.release) {
    return refuse(fault('unchanged', `the release of ${formatHeadId(target)} is in force already`));
  }
  return succeed(target);
}

async function advance(
  { store, unixMs }: ReplicationOptions,
  current: Head | undefined,
  next: Pick<Head, 'release' | 'author' | 'reason'>,
): Promise<Result<Applied, ReplicationFault>> {
  const id: HeadId = { epoch: current?.epoch ?? 1, sequence: (current?.sequence ?? 0) + 1 };
  const head: Head = { ...id, ...next, previous: current?.release ?? null, atUnixMs: unixMs() };
  const advanced = await store.advance(current, head);
  if (!advanced.ok) return refuse(fault('conflict', describeAdvanceFault(advanced.fault)));
  return succeed({ head: advanced.value, changed: true });
}
