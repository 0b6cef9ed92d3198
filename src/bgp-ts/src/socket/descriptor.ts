/**
 * The descriptor under a socket of Node's. Node has it as a property of an object that its documentation does not name;
 * there is no other way to make a setting on a connection that Node accepted.
 */
import type { Server, Socket } from 'node:net';

/** The descriptor; undefined when the socket is closed, or not open yet. */
export function descriptorOf(owner: Server | Socket): number | undefined {
  const handle: unknown = Reflect.get(owner, '_handle');
  if (typeof handle !== 'object' || handle === null) return undefined;
  const fd: unknown = Reflect.get(handle, 'fd');
  return typeof fd === 'number' && fd >= 0 ? fd : undefined;
}
