/**
 * What a serving thread asks of the module that answers: bytes of a query in, bytes of its reply out.
 *
 * The module is named by URL and loaded in every thread; it exports `createThreadAnswerer`.
 */
import type { AnswerClient, AnswerFunction } from '#dns/answer/answerer.ts';

/** The answering side of one thread. What it throws is a bug: the thread is replaced. */
export interface ThreadAnswerer<Update = unknown> {
  readonly answer: AnswerFunction;
  /** Takes an update; every later query is answered by it. */
  apply(update: Update): void;
  /**
   * A zone transfer over TCP where the client may have it: whole messages one by one. Undefined for every other query,
   * refused transfers included; those go to `answer`.
   */
  transfer(query: Uint8Array, length: number, client: AnswerClient): Iterator<Uint8Array> | undefined;
}

/**
 * The export of the module. `setup` is what the owner of the server gave, structurally cloned; `tell` sends it something,
 * at any time, without waiting.
 */
export type CreateThreadAnswerer<Setup, Update, Told = unknown> = (
  setup: Setup,
  tell: (told: Told) => void,
) => ThreadAnswerer<Update>;

/** The client of a thread before its first query. */
export function createClient(transport: AnswerClient['transport']): AnswerClient {
  return { address: new Uint8Array(4), transport, unixMs: 0, idleTimeoutMs: 0 };
}

/** Loads the module and builds the thread's answerer; throws when the module is not such a one. */
export async function loadThreadAnswerer(
  moduleUrl: string,
  setup: unknown,
  tell: (told: unknown) => void,
): Promise<ThreadAnswerer> {
  const module: unknown = await import(moduleUrl);
  if (!hasFactory(module)) throw new Error(`${moduleUrl} does not export createThreadAnswerer`);
  return module.createThreadAnswerer(setup, tell);
}

function hasFactory(
  module: unknown,
): module is { readonly createThreadAnswerer: CreateThreadAnswerer<unknown, unknown> } {
  return (
    typeof module === 'object' &&
    module !== null &&
    'createThreadAnswerer' in module &&
    typeof module.createThreadAnswerer === 'function'
  );
}
