/**
 * A classic BPF program that lets a UDP socket have only what came with TTL or hop limit 255 (RFC 5881 §5, RFC 5082):
 * Node does not tell the TTL of a datagram, and IP_MINTTL is not enforced for UDP.
 *
 * The program reads at SKF_NET_OFF, which is where the network header begins (include/uapi/linux/filter.h).
 */
import { assert } from '../result.ts';
import type { Result } from '../result.ts';
import type { Libc } from '../system/libc.ts';
import { setSocketOption, socketOption } from '../system/socket.ts';

const networkHeaderOffset = 0xfff0_0000;
/** Octet of the network header: time to live of IPv4, hop limit of IPv6. */
const hopsAt = { ipv4: 8, ipv6: 7 } as const;
const instruction = { loadOctet: 0x30, jumpIfEqual: 0x15, return: 0x06 } as const;
const acceptBytes = 0xffff;
const requiredHops = 255;

/** The program as struct sock_filter[4]: code u16, jump if true u8, jump if false u8, operand u32. */
export function ttlProgram(family: 'ipv4' | 'ipv6'): Uint8Array {
  const steps = [
    [instruction.loadOctet, 0, 0, networkHeaderOffset + hopsAt[family]],
    [instruction.jumpIfEqual, 0, 1, requiredHops],
    [instruction.return, 0, 0, acceptBytes],
    [instruction.return, 0, 0, 0],
  ] as const;
  const bytes = new Uint8Array(steps.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [index, [code, jumpTrue, jumpFalse, operand]] of steps.entries()) {
    view.setUint16(index * 8, code, true);
    view.setUint8(index * 8 + 2, jumpTrue);
    view.setUint8(index * 8 + 3, jumpFalse);
    view.setUint32(index * 8 + 4, operand, true);
  }
  return bytes;
}

/** Puts the program before a socket; it must be there before the socket is bound, so that nothing slips past. */
export function attachTtlFilter(libc: Libc, fd: number, family: 'ipv4' | 'ipv6'): Result<void, string> {
  const program = ttlProgram(family);
  // struct sock_fprog: instructions u16 at 0, pointer to them at 8.
  const header = new Uint8Array(16);
  const view = new DataView(header.buffer);
  view.setUint16(0, program.length / 8, true);
  view.setBigUint64(8, libc.pointerTo(program), true);
  const attached = setSocketOption(libc, fd, socketOption.attachFilter, header);
  // Only its address was passed; this use after the call keeps the memory until then.
  assert(program.length > 0, 'the filter has instructions');
  return attached;
}
