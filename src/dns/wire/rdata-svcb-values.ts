/**
 * The values of the service parameters that have a name (RFC 9460 §7, §8, appendix A; dohpath: RFC 9461 §5; ohttp:
 * RFC 9540 §4). Whether `ech` holds a usable configuration is not judged.
 */
import { formatIp, parseIpBytes } from '#base/ip.ts';
import { ByteSink } from './byte-sink.ts';
import { integerText, parseInteger, RdataFault } from './rdata-codec.ts';
import { base64, decode, encode } from './rdata-encodings.ts';
import { quote } from './rdata-fields.ts';

/** How a parameter's value is read, judged and written. */
export interface ParameterKind {
  readonly name: string;
  /** Reads the value, whose escapes are decoded; throws `RdataFault`. */
  parse(value: Uint8Array): Uint8Array;
  /** What is wrong with a value of the wire; undefined for nothing. */
  faultOf(value: Uint8Array): string | undefined;
  /** Writes a valid value as it stands after the equals sign; empty where there is none. */
  format(value: Uint8Array): string;
}

const comma = 0x2c;
const backslash = 0x5c;

/** The octets as characters of the same number. */
function plain(value: Uint8Array): string {
  let text = '';
  for (const octet of value) text += String.fromCharCode(octet);
  return text;
}

/** Splits a list whose values contain no comma (RFC 9460 appendix A.1). */
function simpleList(value: Uint8Array, what: string): readonly string[] {
  const items = plain(value).split(',');
  if (items.includes('')) throw new RdataFault(`expected ${what}, none of them empty`);
  return items;
}

/** Splits a list in which `\,` and `\\` are a comma and a backslash of a value (RFC 9460 appendix A.1). */
function escapedList(value: Uint8Array): readonly Uint8Array[] {
  const items: Uint8Array[] = [];
  const item = new ByteSink();
  for (let index = 0; index < value.length; index++) {
    let octet = value[index] ?? 0;
    if (octet === comma) {
      items.push(item.copy());
      item.clear();
      continue;
    }
    if (octet === backslash) {
      octet = value[++index] ?? 0;
      if (octet !== comma && octet !== backslash) {
        throw new RdataFault('in a list, a backslash is followed by a comma or a backslash');
      }
    }
    item.u8(octet);
  }
  items.push(item.copy());
  return items;
}

const mandatory: ParameterKind = {
  name: 'mandatory',
  parse(value) {
    const keys = simpleList(value, 'the keys of parameters').map((item) => {
      const key = parseKey(item);
      if (key === undefined) throw new RdataFault(`"${item}" is not the key of a parameter`);
      return key;
    });
    return Uint8Array.from(keys.sort((a, b) => a - b).flatMap((key) => [key >> 8, key & 0xff]));
  },
  faultOf(value) {
    if (value.length === 0 || value.length % 2 !== 0) return 'it is a list of at least one key';
    for (let index = 0; index < value.length; index += 2) {
      const key = u16At(value, index);
      if (key === 0) return 'it must not name itself';
      if (index > 0 && key <= u16At(value, index - 2)) return `${keyName(key)} is named twice or out of order`;
    }
    return undefined;
  },
  format: (value) => Array.from({ length: value.length / 2 }, (_, index) => keyName(u16At(value, index * 2))).join(','),
};

const alpn: ParameterKind = {
  name: 'alpn',
  parse(value) {
    return Uint8Array.from(
      escapedList(value).flatMap((item) => {
        if (item.length === 0 || item.length > 255) throw new RdataFault('a protocol has 1 to 255 octets');
        return [item.length, ...item];
      }),
    );
  },
  faultOf(value) {
    let at = 0;
    while (at < value.length && value[at] !== 0) at += 1 + (value[at] ?? 0);
    return value.length > 0 && at === value.length ? undefined : 'it is a list of protocols of 1 to 255 octets each';
  },
  format(value) {
    const items: string[] = [];
    for (let at = 0; at < value.length; at += 1 + (value[at] ?? 0)) {
      items.push(plain(value.subarray(at + 1, at + 1 + (value[at] ?? 0))).replace(/[\\,]/g, '\\$&'));
    }
    return quote(Uint8Array.from(items.join(','), (character) => character.charCodeAt(0)));
  },
};

function emptyKind(name: string): ParameterKind {
  return {
    name,
    parse: (value) => value,
    faultOf: (value) => (value.length === 0 ? undefined : 'it has no value'),
    format: () => '',
  };
}

const port: ParameterKind = {
  name: 'port',
  parse(value) {
    const number = parseInteger(plain(value), 0xffff);
    if (number === undefined) throw new RdataFault(`expected ${integerText(0xffff)}`);
    return Uint8Array.of(number >> 8, number & 0xff);
  },
  faultOf: (value) => (value.length === 2 ? undefined : 'it is a number of two octets'),
  format: (value) => String(u16At(value, 0)),
};

function hintKind(name: string, size: 4 | 16): ParameterKind {
  const what = size === 4 ? 'IPv4 addresses' : 'IPv6 addresses';
  return {
    name,
    parse(value) {
      return Uint8Array.from(
        simpleList(value, what).flatMap((item) => {
          const address = parseIpBytes(item);
          if (address?.length !== size) throw new RdataFault(`"${item}" is not one of a list of ${what}`);
          return [...address];
        }),
      );
    },
    faultOf: (value) => (value.length > 0 && value.length % size === 0 ? undefined : `it is a list of ${what}`),
    format(value) {
      const count = value.length / size;
      return Array.from({ length: count }, (_, index) =>
        formatIp(value.subarray(index * size, (index + 1) * size)),
      ).join();
    },
  };
}

const ech: ParameterKind = {
  name: 'ech',
  parse(value) {
    const out = new ByteSink();
    if (!decode(base64, plain(value), out)) throw new RdataFault('expected base64');
    return out.copy();
  },
  faultOf: (value) => (value.length > 0 ? undefined : 'it has no value: expected base64'),
  format: (value) => encode(base64, value),
};

const dohpath: ParameterKind = {
  name: 'dohpath',
  parse: (value) => value,
  faultOf(value) {
    const template = new TextDecoder('utf-8', { ignoreBOM: true }).decode(value);
    const isPath = template.startsWith('/') && !template.includes('\ufffd');
    return isPath && /\{[+#./;?&]?(?:[^{}]*,)?dns(?::\d{1,4}|\*)?(?:,[^{}]*)?\}/.test(template)
      ? undefined
      : 'it is a path with the variable dns, such as /dns-query{?dns}';
  },
  format: quote,
};

/** The named parameters of the IANA registry "Service Parameter Keys"; the index is the key. */
export const parameterKinds: readonly ParameterKind[] = [
  mandatory,
  alpn,
  emptyKind('no-default-alpn'),
  port,
  hintKind('ipv4hint', 4),
  ech,
  hintKind('ipv6hint', 16),
  dohpath,
  emptyKind('ohttp'),
];
const keysByName = new Map(parameterKinds.map(({ name }, key) => [name, key]));
export const alpnKey = 1;
export const noDefaultAlpnKey = 2;

/** The name of a key, or `key` and its number. */
export function keyName(key: number): string {
  return parameterKinds[key]?.name ?? `key${key}`;
}

/** Parses a name of the registry or `key` and a number without leading zeros (RFC 9460 §2.1); lower case only. */
export function parseKey(text: string): number | undefined {
  const named = keysByName.get(text);
  if (named !== undefined) return named;
  const match = /^key(0|[1-9]\d{0,4})$/.exec(text);
  return match === null ? undefined : parseInteger(match[1] ?? '', 0xffff);
}

/** The number of two octets at `at`. */
export function u16At(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
