/** EDNS options that a reply carries: extended errors (RFC 8914 §2) and the scope of a client subnet (RFC 7871 §6). */
import { ednsOption } from './constants.ts';

const utf8 = new TextEncoder();

/** Text beyond this many octets is cut: the code says the kind, the text is for people. */
const maxTextBytes = 200;

/** Encodes an extended DNS error with its text. */
export function encodeExtendedError(infoCode: number, text: string): Uint8Array {
  const encoded = utf8.encode(text);
  let textBytes = Math.min(encoded.length, maxTextBytes);
  // Cut between characters: a UTF-8 continuation octet never begins one.
  while (textBytes < encoded.length && textBytes > 0 && ((encoded[textBytes] ?? 0) & 0xc0) === 0x80) textBytes--;
  const option = new Uint8Array(6 + textBytes);
  const view = new DataView(option.buffer);
  view.setUint16(0, ednsOption.extendedError);
  view.setUint16(2, 2 + textBytes);
  view.setUint16(4, infoCode);
  option.set(encoded.subarray(0, textBytes), 6);
  return option;
}

/** Encodes a client subnet; the address octets are copied from those of the query, as RFC 7871 §7.2.1 wants them. */
export function encodeClientSubnet(
  family: number,
  bits: { source: number; scope: number },
  address: Uint8Array,
): Uint8Array {
  const option = new Uint8Array(8 + address.length);
  const view = new DataView(option.buffer);
  view.setUint16(0, ednsOption.clientSubnet);
  view.setUint16(2, 4 + address.length);
  view.setUint16(4, family);
  option[6] = bits.source;
  option[7] = bits.scope;
  option.set(address, 8);
  return option;
}
