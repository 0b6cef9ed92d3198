/**
 * The parameters of SVCB and HTTPS records: their order, keys and what they ask of each other (RFC 9460 §2, §7.1.1, §8).
 *
 * A parameter without a name here is opaque, `key667="…"`. AliasMode takes parameters too, since those who read it must
 * ignore them (RFC 9460 §2.4.2).
 */
import { RdataFault } from './rdata-codec.ts';
import type { Field, RdataToken, TextCursor } from './rdata-codec.ts';
import { quote } from './rdata-fields.ts';
import { alpnKey, keyName, noDefaultAlpnKey, parameterKinds, parseKey, u16At } from './rdata-svcb-values.ts';

interface Parameter {
  readonly key: number;
  readonly value: Uint8Array;
  /** The token that it begins with. */
  readonly token: number;
}

/** The parameters to the end of the data, perhaps none. */
export const serviceParameters: Field = {
  parse(text) {
    const parameters: Parameter[] = [];
    while (!text.isAtEnd) parameters.push(parseParameter(text));
    parameters.sort((a, b) => a.key - b.key || a.token - b.token);
    const start = text.out.length;
    for (const [index, { key, value, token }] of parameters.entries()) {
      text.faultAt = token;
      if (parameters[index - 1]?.key === key) throw new RdataFault(`${keyName(key)} is given twice`);
      if (value.length > 0xffff) throw new RdataFault(`${keyName(key)} has more than 65535 octets`);
      text.out.u16(key);
      text.out.u16(value.length);
      text.out.append(value);
    }
    const needed = missingKey(text.out.bytes, start, text.out.length);
    if (needed === undefined) return;
    text.faultAt = parameters.find(({ key }) => key === needed.by)?.token ?? text.faultAt;
    throw new RdataFault(`${keyName(needed.by)} asks for ${keyName(needed.key)}, which is missing`);
  },
  format(wire) {
    const written: string[] = [];
    while (wire.at < wire.bytes.length) {
      const key = wire.integer(2);
      const value = wire.take(wire.integer(2));
      const kind = parameterKinds[key];
      const text = kind === undefined ? (value.length === 0 ? '' : quote(value)) : kind.format(value);
      written.push(text === '' ? keyName(key) : `${keyName(key)}=${text}`);
    }
    return written.join(' ');
  },
  measure(bytes, start, end) {
    let at = start;
    for (let lastKey = -1; at < end;) {
      const key = u16At(bytes, at);
      const next = at + 4 + u16At(bytes, at + 2);
      if (at + 4 > end || next > end || key <= lastKey) return -1;
      if (parameterKinds[key]?.faultOf(bytes.subarray(at + 4, next)) !== undefined) return -1;
      lastKey = key;
      at = next;
    }
    return missingKey(bytes, start, end) === undefined ? at : -1;
  },
};

/** Takes `key`, `key=value`, or `key=` and a quoted string, which a master file gives as two tokens. */
function parseParameter(text: TextCursor): Parameter {
  const expected = 'a parameter such as port=443';
  const head = text.take(expected);
  const token = text.faultAt;
  const equals = head.text.indexOf('=');
  const keyText = equals < 0 ? head.text : head.text.slice(0, equals);
  const key = head.quoted ? undefined : parseKey(keyText);
  if (key === undefined) throw new RdataFault(`"${head.text}" is not ${expected} or key667="a value"`);
  const value = equals < 0 ? new Uint8Array(0) : text.decode(valueText(text, head, equals));
  try {
    const parsed =
      parameterKinds[key] === undefined || /^key\d/.test(keyText) ? value : parameterKinds[key].parse(value);
    const fault = parameterKinds[key]?.faultOf(parsed);
    if (fault !== undefined) throw new RdataFault(fault);
    return { key, value: parsed, token };
  } catch (fault) {
    if (fault instanceof RdataFault) throw new RdataFault(`${keyText}: ${fault.message}`);
    throw fault;
  }
}

function valueText(text: TextCursor, head: RdataToken, equals: number): string {
  const value = head.text.slice(equals + 1);
  const next = text.tokens[text.index];
  if (value !== '' || next?.quoted !== true) return value;
  return text.take('a value').text;
}

/** A key that another parameter needs and that is not there (RFC 9460 §7.1.1, §8); the parameters are well formed. */
function missingKey(bytes: Uint8Array, start: number, end: number): { key: number; by: number } | undefined {
  for (let at = start; at < end; at += 4 + u16At(bytes, at + 2)) {
    const by = u16At(bytes, at);
    if (by === noDefaultAlpnKey && !hasKey(bytes, alpnKey, start, end)) return { key: alpnKey, by };
    if (by !== 0) continue;
    const valueEnd = at + 4 + u16At(bytes, at + 2);
    for (let index = at + 4; index < valueEnd; index += 2) {
      const key = u16At(bytes, index);
      if (!hasKey(bytes, key, start, end)) return { key, by };
    }
  }
  return undefined;
}

function hasKey(bytes: Uint8Array, key: number, start: number, end: number): boolean {
  for (let at = start; at < end; at += 4 + u16At(bytes, at + 2)) if (u16At(bytes, at) === key) return true;
  return false;
}
