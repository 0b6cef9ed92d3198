/** Why a socket could not be opened, in words that say what to do. */
import { formatHostPort } from '#base/ip.ts';
import type { IpAddress } from '#base/ip.ts';

/** An address and port to listen on; port 0 asks the system for a free one. */
export interface ListenAddress {
  readonly address: IpAddress;
  readonly port: number;
}

/** A socket that could not be opened. */
export interface ListenFault {
  readonly code: string;
  readonly message: string;
}

/** Describes the system's refusal to listen. */
export function listenFault(protocol: 'UDP' | 'TCP', { address, port }: ListenAddress, error: unknown): ListenFault {
  const code = errorCode(error);
  const where = `${protocol} ${formatHostPort(address, port)}`;
  return { code, message: `cannot listen on ${where}: ${advise(code, error, port)}` };
}

/** The system's code of an error, such as `EADDRINUSE`; `UNKNOWN` where there is none. */
export function errorCode(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'UNKNOWN';
}

function advise(code: string, error: unknown, port: number): string {
  switch (code) {
    case 'EADDRINUSE':
      return 'another program has it; stop that one, or change the address or port in "dns.listen"';
    case 'EADDRNOTAVAIL':
      return 'this machine has no such address; add it, or correct "dns.listen"';
    case 'EACCES':
      return port < 1024
        ? `ports below 1024 need a privilege; give the process CAP_NET_BIND_SERVICE or use a higher port in "dns.listen"`
        : 'the system forbids it; check its security policy';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
