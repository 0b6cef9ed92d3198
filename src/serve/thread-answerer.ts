/**
 * What a serving thread asks of the module that answers: bytes of a query in, bytes of its reply out.
 *
 * The module is named by URL and loaded in every thread; it exports `createThreadAnswerer`.
 */

/** Where a query came from. One object for each thread, filled anew for each query; nobody may keep it. */
export interface AnswerClient {
  /** 4 octets for IPv4, 16 for IPv6, in network order. */
  address: Uint8Array;
  transport: 'udp' | 'tcp';
  /** Unix time of the query. */
  unixMs: number;
  /** TCP: how long the connection may be silent, as replies state it (RFC 7828); 0 asks the client to close it. */
  idleTimeoutMs: number;
}

/**
 * Answers the query in the first `length` octets of `query` into `out` and returns the octets of the reply; 0 means no
 * reply. Synchronous, for any octets; it keeps no view of its arguments.
 */
export type AnswerFunction = (query: Uint8Array, length: number, client: AnswerClient, out: Uint8Array) => number;

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

/** The export of the module; `setup` is what the owner of the server gave, structurally cloned. */
export type CreateThreadAnswerer<Setup, Update> = (setup: Setup) => ThreadAnswerer<Update>;

/** The client of a thread before its first query. */
export function createClient(transport: AnswerClient['transport']): AnswerClient {
  return { address: new Uint8Array(4), transport, unixMs: 0, idleTimeoutMs: 0 };
}

/** Loads the module and builds the thread's answerer; throws when the module is not such a one. */
export async function loadThreadAnswerer(moduleUrl: string, setup: unknown): Promise<ThreadAnswerer> {
  const module: unknown = await import(moduleUrl);
  if (!hasFactory(module)) throw new Error(`${moduleUrl} does not export createThreadAnswerer`);
  return module.createThreadAnswerer(setup);
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
