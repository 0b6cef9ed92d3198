/** Opens the connection that a check asks for, and the check that only opens one (`tcp`). */
import net from 'node:net';
import type { CheckDefinition } from '#health/check-definition.ts';
import type { Outcome, StartRun } from './outcome.ts';
import { failedBy } from './probe-error.ts';

/** Where a check connects to, and from where. */
export function connectOptions({ address, port, sourceAddress }: CheckDefinition): net.TcpNetConnectOpts {
  return sourceAddress === undefined
    ? { host: address, port }
    : { host: address, port, localAddress: sourceAddress, family: address.includes(':') ? 6 : 4 };
}

const connected: Outcome = { passed: true, reason: 'connected' };

/** Connects and resets: the target keeps no half-closed connection, and this machine none in TIME_WAIT. */
export const runTcp: StartRun = (check, done) => {
  const socket = net.connect(connectOptions(check));
  let isOver = false;
  const end = (outcome: Outcome): void => {
    if (isOver) return;
    isOver = true;
    done(outcome);
  };
  socket.once('connect', () => {
    socket.resetAndDestroy();
    end(connected);
  });
  // Kept to the end: an error after the outcome is known, such as a reset at the close, means nothing.
  socket.on('error', (error) => {
    end(failedBy(error, check));
  });
  return () => {
    isOver = true;
    socket.destroy();
  };
};
