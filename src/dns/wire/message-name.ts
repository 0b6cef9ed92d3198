/** Reading a possibly compressed name out of a message (RFC 1035 §4.1.4). Pointers go backwards only, so that it ends. */
import { maxLabelBytes, maxNameBytes } from './constants.ts';
import type { Name } from './name.ts';

/** A name and the offset after it in the message. */
export interface ExpandedName {
  readonly name: Name;
  readonly next: number;
}

/** Reads the name at `offset`; undefined when it is malformed, too long, or its own octets reach past `end`. */
export function expandName(message: Uint8Array, offset: number, end: number): ExpandedName | undefined {
  const bytes: number[] = [];
  let at = offset;
  // Each pointer must lead before the place where reading last began: that bounds the loop.
  let lowest = offset;
  let next: number | undefined;
  let limit = Math.min(end, message.length);
  for (;;) {
    if (at >= limit) return undefined;
    const length = message[at] ?? 0;
    if (length >= 0xc0) {
      const target = ((length & 0x3f) << 8) | (message[at + 1] ?? 0);
      if (at + 2 > limit || target >= lowest) return undefined;
      next ??= at + 2;
      lowest = target;
      at = target;
      limit = message.length;
      continue;
    }
    if (length > maxLabelBytes || at + 1 + length > limit || bytes.length + 1 + length > maxNameBytes) return undefined;
    for (let index = at; index <= at + length; index++) bytes.push(message[index] ?? 0);
    at += 1 + length;
    if (length === 0) return { name: Uint8Array.from(bytes) as Name, next: next ?? at };
  }
}
