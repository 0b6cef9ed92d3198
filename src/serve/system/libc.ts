/**
 * The C library's socket calls, through koffi (docs/adr/0005): the only file of `serve` that knows koffi.
 *
 * Loaded at first use, once for each thread. Every function returns what the C function returns; after −1,
 * `errorNumber` says why.
 */
import { createRequire } from 'node:module';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';

/** An address in this process's memory; below 2^53, so that a number holds it exactly. */
export type Pointer = number;

/** The calls. Views pass the address of their first octet; `Pointer` is for memory prepared once. */
export interface Libc {
  readonly socket: (family: number, type: number, protocol: number) => number;
  readonly setsockopt: (fd: number, level: number, name: number, value: Uint8Array, length: number) => number;
  readonly getsockopt: (fd: number, level: number, name: number, value: Uint8Array, length: Uint8Array) => number;
  readonly bind: (fd: number, address: Uint8Array, length: number) => number;
  readonly listen: (fd: number, backlog: number) => number;
  readonly connect: (fd: number, address: Uint8Array, length: number) => number;
  readonly getsockname: (fd: number, address: Uint8Array, length: Uint8Array) => number;
  readonly fcntl: (fd: number, command: number, argument: number) => number;
  readonly close: (fd: number) => number;
  readonly poll: (entries: Pointer, count: number, timeoutMs: number) => number;
  readonly recvmmsg: (fd: number, headers: Pointer, count: number, flags: number, timeout: Pointer) => number;
  readonly sendmmsg: (fd: number, headers: Pointer, count: number, flags: number) => number;
  readonly recvmsg: (fd: number, header: Pointer, flags: number) => number;
  readonly sendmsg: (fd: number, header: Pointer, flags: number) => number;
  /** Ends the process at once, without handlers, from any thread. */
  readonly exit: (status: number) => void;
  /** The `errno` of the last call that failed in this thread. */
  readonly errorNumber: () => number;
  /** Where a view begins; valid as long as its buffer is alive. */
  readonly pointerTo: (view: Uint8Array | Int32Array) => Pointer;
}

let loaded: Result<Libc, string> | undefined;

/** Loads the calls, or says why this system does not have them. */
export function loadLibc(): Result<Libc, string> {
  loaded ??= tryLoad();
  return loaded;
}

/** What is used of koffi. Its own types are `any`; these are the truth for the declarations below. */
interface Koffi {
  load(path: null): { func(name: string, result: string, parameters: readonly string[]): unknown };
  errno(): number;
  address(view: Uint8Array | Int32Array): bigint;
}

function tryLoad(): Result<Libc, string> {
  if (process.platform !== 'linux') return refuse(`the system is ${process.platform}, not Linux`);
  if (process.arch !== 'x64' && process.arch !== 'arm64') {
    return refuse(`the processor is ${process.arch}, not x64 or arm64`);
  }
  try {
    // koffi's package gives this shape; there is nothing to check it by before the first call.
    const koffi = createRequire(import.meta.url)('koffi') as Koffi;
    return succeed(declare(koffi));
  } catch (error) {
    return refuse(`koffi does not load: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function declare(koffi: Koffi): Libc {
  const library = koffi.load(null);
  const call = (name: string, parameters: readonly string[], result = 'int'): unknown =>
    library.func(name, result, parameters);
  // What koffi makes takes and returns what is declared here, parameter by parameter as in the interface.
  return {
    socket: call('socket', ['int', 'int', 'int']),
    setsockopt: call('setsockopt', ['int', 'int', 'int', 'void *', 'uint32']),
    getsockopt: call('getsockopt', ['int', 'int', 'int', 'void *', 'void *']),
    bind: call('bind', ['int', 'void *', 'uint32']),
    listen: call('listen', ['int', 'int']),
    connect: call('connect', ['int', 'void *', 'uint32']),
    getsockname: call('getsockname', ['int', 'void *', 'void *']),
    // Variadic in C; on both processors an int there is passed like a declared one.
    fcntl: call('fcntl', ['int', 'int', 'int']),
    close: call('close', ['int']),
    poll: call('poll', ['uint64', 'uint64', 'int']),
    recvmmsg: call('recvmmsg', ['int', 'uint64', 'uint', 'int', 'uint64']),
    sendmmsg: call('sendmmsg', ['int', 'uint64', 'uint', 'int']),
    recvmsg: call('recvmsg', ['int', 'uint64', 'int'], 'int64'),
    sendmsg: call('sendmsg', ['int', 'uint64', 'int'], 'int64'),
    exit: call('_exit', ['int'], 'void'),
    errorNumber: () => koffi.errno(),
    pointerTo: (view: Uint8Array | Int32Array) => Number(koffi.address(view)),
  } as Libc;
}
