/**
 * The C library's socket calls, through koffi: what Node's own sockets cannot be told (TCP-MD5, GTSM, the device, packet
 * filters). The only file of bgp-ts that knows koffi, which is optional: without it `loadLibc` says why.
 *
 * Linux on x86_64 and arm64 only. Loaded at first use, once for each thread. Every function returns what the C function
 * returns; after −1, `errorNumber` says why.
 */
import { createRequire } from 'node:module';
import { getSystemErrorName } from 'node:util';
import { refuse, succeed } from '../result.ts';
import type { Result } from '../result.ts';

/** The calls. A view passes the address of its first octet. */
export interface Libc {
  readonly socket: (family: number, type: number, protocol: number) => number;
  readonly setsockopt: (fd: number, level: number, name: number, value: Uint8Array, length: number) => number;
  readonly getsockopt: (fd: number, level: number, name: number, value: Uint8Array, length: Uint8Array) => number;
  readonly bind: (fd: number, address: Uint8Array, length: number) => number;
  readonly getsockname: (fd: number, address: Uint8Array, length: Uint8Array) => number;
  readonly close: (fd: number) => number;
  /** The index of a network interface; 0 when there is none of this name. */
  readonly interfaceIndex: (name: string) => number;
  /** The `errno` of the last call that failed in this thread. */
  readonly errorNumber: () => number;
  /** Where a view begins; valid as long as its buffer is alive. */
  readonly pointerTo: (view: Uint8Array) => bigint;
}

let loaded: Result<Libc, string> | undefined;

/** Loads the calls; the fault is a sentence that says why this system does not have them. */
export function loadLibc(): Result<Libc, string> {
  loaded ??= tryLoad();
  return loaded;
}

/** The system's name of the last call's error, such as `EADDRINUSE`. */
export function lastErrorName(libc: Libc): string {
  return getSystemErrorName(-libc.errorNumber());
}

/** What is used of koffi. Its own types are `any`; these are the truth for the declarations below. */
interface Koffi {
  load(path: null): { func(name: string, result: string, parameters: readonly string[]): unknown };
  errno(): number;
  address(view: Uint8Array): bigint;
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
    getsockname: call('getsockname', ['int', 'void *', 'void *']),
    close: call('close', ['int']),
    interfaceIndex: call('if_nametoindex', ['str'], 'uint'),
    errorNumber: () => koffi.errno(),
    pointerTo: (view: Uint8Array) => koffi.address(view),
  } as Libc;
}
