/**
 * TLS as checks use it: one context for all, no resumption (a resumed session would not show the certificate again), and
 * what the certificate's end is worth saying. Also the check that only shakes hands (`tls`).
 */
import net from 'node:net';
import tls from 'node:tls';
import { unixMs } from '#base/clock.ts';
import { formatDuration } from '#base/time.ts';
import type { CheckDefinition } from '#health/check-definition.ts';
import type { TlsKind } from '#health/check-kind.ts';
import { connectOptions } from './connect.ts';
import type { Outcome, StartRun } from './outcome.ts';
import { closedWithoutAnswer, failedBy } from './probe-error.ts';

/** What a check wants of TLS. */
export interface TlsWishes {
  readonly verifyTls: boolean;
  /** The name for SNI and the certificate; the address decides where it is empty. */
  readonly serverName: string;
  /** What is offered to speak (RFC 7301); without it a server of any protocol shakes hands. */
  readonly protocols?: readonly string[];
}

let context: tls.SecureContext | undefined;

/** Begins a TLS connection; `secureConnect` or `error` follows. */
export function connectTls(check: CheckDefinition, { verifyTls, serverName, protocols }: TlsWishes): tls.TLSSocket {
  // Reading the trusted roots takes milliseconds: once is enough.
  context ??= tls.createSecureContext({ ca: trustedRoots() });
  return tls.connect({
    ...connectOptions(check),
    secureContext: context,
    rejectUnauthorized: verifyTls,
    ...(protocols === undefined ? {} : { ALPNProtocols: [...protocols] }),
    ...(serverName === '' ? {} : { servername: serverName }),
  });
}

/** What comes with Node and what the system trusts: an authority of one's own is installed there (update-ca-certificates). */
function trustedRoots(): string[] {
  return [...new Set([...tls.getCACertificates('default'), ...tls.getCACertificates('system')])];
}

/** The name for TLS in a Host header or a name as given: without its port; an address is not a name (RFC 6066 §3). */
export function tlsNameOf(host: string | undefined): string {
  const name = (host ?? '').replace(/:\d+$/, '');
  return net.isIP(name) === 0 && !name.startsWith('[') ? name : '';
}

/** `certificate ends in 6d3h` where it ends within the warning time; undefined otherwise. */
export function expiryWarning(socket: tls.TLSSocket, warningMs: number | undefined): string | undefined {
  if (warningMs === undefined) return undefined;
  const end = socket.getPeerX509Certificate()?.validToDate.getTime();
  if (end === undefined) return undefined;
  const leftMs = end - unixMs();
  if (leftMs >= warningMs) return undefined;
  return leftMs > 0
    ? `certificate ends in ${formatDuration(leftMs)}`
    : `certificate ended ${formatDuration(-leftMs)} ago`;
}

/** Runs a `tls` check. */
export function startTls(
  check: CheckDefinition,
  what: TlsKind,
  done: (outcome: Outcome) => void,
): ReturnType<StartRun> {
  const socket = connectTls(check, { verifyTls: what.verifyTls, serverName: tlsNameOf(what.serverName) });
  let isOver = false;
  const end = (outcome: Outcome): void => {
    if (isOver) return;
    isOver = true;
    socket.destroy();
    done(outcome);
  };
  socket.once('secureConnect', () => {
    const protocol = socket.getProtocol() ?? 'TLS';
    const warning = expiryWarning(socket, what.expiryWarningMs);
    end({ passed: true, reason: warning === undefined ? protocol : `${protocol}, ${warning}` });
  });
  socket.on('error', (error) => {
    end(failedBy(error, check));
  });
  socket.on('close', () => {
    end({ passed: false, reason: closedWithoutAnswer(check) });
  });
  return () => {
    isOver = true;
    socket.destroy();
  };
}
