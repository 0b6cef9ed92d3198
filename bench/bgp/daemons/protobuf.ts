/** Just enough of Protocol Buffers and gRPC framing to say routes to GoBGP without its command, which takes 10 ms to start. */

/** A field: a number as varint, text, or an embedded message. */
export function field(number: number, value: number | string | Uint8Array): Uint8Array {
  if (typeof value === 'number') return Buffer.concat([varint(number << 3), varint(value)]);
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
}

/** Fields one after the other: a message. */
export function message(...fields: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(fields);
}

/** A message inside google.protobuf.Any. */
export function any(type: string, value: Uint8Array): Uint8Array {
  return message(field(1, `type.googleapis.com/apipb.${type}`), field(2, value));
}

/** A message as gRPC sends it: not compressed, with its length. */
export function frame(body: Uint8Array): Uint8Array {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(body.length, 1);
  return Buffer.concat([header, body]);
}

/** A whole number from 0 to 2³¹ − 1, seven bits an octet, least first. */
function varint(value: number): Uint8Array {
  const octets: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) octets.push((rest & 0x7f) | 0x80);
  return Uint8Array.from([...octets, rest]);
}
