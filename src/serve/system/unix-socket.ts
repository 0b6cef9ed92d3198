/**
 * Unix sockets that carry descriptors (unix(7), SCM_RIGHTS), which Node's own do not.
 *
 * Nothing here waits: calls that would are said to be `again`.
 */
import { assert } from '#base/assert.ts';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import {
  addressFamily,
  controlHeader,
  errorNumber,
  ioVector,
  messageFlag,
  messageHeader,
  rightsControl,
  socketOption,
  socketType,
} from './layout.ts';
import type { Libc } from './libc.ts';
import { encodeUnixAddress } from './socket-address.ts';
import { SystemError, uint32 } from './sockets.ts';

/** What one receive brought: octets of the stream, and the descriptors that came with them, now this process's own. */
export interface Received {
  readonly bytes: Uint8Array;
  readonly descriptors: readonly number[];
}

const receiveBytes = 65_536;
const vectorAt = messageHeader.bytes;
const controlAt = vectorAt + ioVector.bytes + 8;
const controlBytes = controlHeader.bytes + Math.ceil((rightsControl.maxDescriptors * 4) / 8) * 8;

/** Connects to a listening Unix socket, and returns a descriptor that never blocks. */
export function connectUnix(libc: Libc, path: string): Result<number, SystemError> {
  const fd = libc.socket(addressFamily.unix, socketType.stream | socketType.closeOnExec | socketType.nonBlocking, 0);
  if (fd < 0) return refuse(new SystemError('socket', libc.errorNumber()));
  const address = encodeUnixAddress(path);
  if (libc.connect(fd, address, address.length) === 0) return succeed(fd);
  const error = new SystemError('connect', libc.errorNumber());
  libc.close(fd);
  return refuse(error);
}

/** Sends octets with descriptors, whole: what does not go at once is refused. */
export function sendDescriptors(
  libc: Libc,
  fd: number,
  payload: Uint8Array,
  descriptors: readonly number[],
): Result<void, SystemError> {
  assert(descriptors.length <= rightsControl.maxDescriptors, 'the descriptors fit one message');
  const { memory, view, at } = prepare(libc, payload);
  if (descriptors.length > 0) {
    const length = controlHeader.bytes + descriptors.length * 4;
    view.setBigUint64(messageHeader.controlLengthAt, BigInt(length), true);
    view.setBigUint64(controlAt + controlHeader.lengthAt, BigInt(length), true);
    view.setInt32(controlAt + controlHeader.levelAt, rightsControl.level, true);
    view.setInt32(controlAt + controlHeader.typeAt, rightsControl.type, true);
    for (const [index, descriptor] of descriptors.entries()) {
      view.setInt32(controlAt + controlHeader.bytes + index * 4, descriptor, true);
    }
  } else view.setBigUint64(messageHeader.controlLengthAt, 0n, true);
  const sent = libc.sendmsg(fd, at, messageFlag.dontWait | messageFlag.noSignal);
  keepAlive(memory, payload);
  if (sent < 0) return refuse(new SystemError('sendmsg', libc.errorNumber()));
  return sent === payload.length ? succeed(undefined) : refuse(new SystemError('sendmsg', errorNumber.tryAgain));
}

/** Receives what is there; `again` when there is nothing yet, `end` when the other side has closed. */
export function receiveDescriptors(libc: Libc, fd: number): Result<Received | 'again' | 'end', SystemError> {
  const payload = new Uint8Array(receiveBytes);
  const { memory, view, at } = prepare(libc, payload);
  view.setBigUint64(messageHeader.controlLengthAt, BigInt(controlBytes), true);
  const received = libc.recvmsg(fd, at, messageFlag.dontWait | messageFlag.closeOnExec);
  keepAlive(memory, payload);
  if (received < 0) {
    const error = libc.errorNumber();
    if (error === errorNumber.tryAgain || error === errorNumber.interrupted) return succeed('again');
    return refuse(new SystemError('recvmsg', error));
  }
  if (received === 0) return succeed('end');
  return succeed({ bytes: payload.subarray(0, received), descriptors: readRights(view) });
}

/** The user that runs the other side's process; undefined where the system does not say. */
export function peerUser(libc: Libc, fd: number): number | undefined {
  const { level, name } = socketOption.peerCredentials;
  // struct ucred: process i32 at 0, user u32 at 4, group u32 at 8.
  const credentials = new Uint8Array(12);
  if (libc.getsockopt(fd, level, name, credentials, uint32(credentials.length)) !== 0) return undefined;
  return new DataView(credentials.buffer).getUint32(4, true);
}

interface PreparedMessage {
  readonly memory: Uint8Array;
  readonly view: DataView;
  readonly at: number;
}

/** A message header in memory, with one vector over the payload and room for control data. */
function prepare(libc: Libc, payload: Uint8Array): PreparedMessage {
  const memory = new Uint8Array(new ArrayBuffer(controlAt + controlBytes));
  const view = new DataView(memory.buffer);
  const at = libc.pointerTo(memory);
  view.setBigUint64(vectorAt + ioVector.baseAt, BigInt(libc.pointerTo(payload)), true);
  view.setBigUint64(vectorAt + ioVector.lengthAt, BigInt(payload.length), true);
  view.setBigUint64(messageHeader.vectorsAt, BigInt(at + vectorAt), true);
  view.setBigUint64(messageHeader.vectorCountAt, 1n, true);
  view.setBigUint64(messageHeader.controlAt, BigInt(at + controlAt), true);
  return { memory, view, at };
}

function readRights(view: DataView): readonly number[] {
  if (view.getBigUint64(messageHeader.controlLengthAt, true) < BigInt(controlHeader.bytes)) return [];
  const level = view.getInt32(controlAt + controlHeader.levelAt, true);
  const type = view.getInt32(controlAt + controlHeader.typeAt, true);
  if (level !== rightsControl.level || type !== rightsControl.type) return [];
  const length = Number(view.getBigUint64(controlAt + controlHeader.lengthAt, true)) - controlHeader.bytes;
  return Array.from({ length: length / 4 }, (_, index) =>
    view.getInt32(controlAt + controlHeader.bytes + index * 4, true),
  );
}

/** Only a pointer was passed to the call; this use after it keeps the memory until then. */
function keepAlive(...views: readonly Uint8Array[]): void {
  for (const view of views) assert(view.length > 0, 'memory that a call used has a size');
}
