/** DNSName and QType of PowerDNS, and the header of the query. */
import { flag, parseType, typeName } from '#dns/wire/constants.ts';
import { equalNames, formatName, isWithin, lowerCase, parentName, parseName } from '#dns/wire/name.ts';
import type { Name } from '#dns/wire/name.ts';
import { LuaError } from '../language/error.ts';
import { LuaObject, LuaTable } from '../language/value.ts';
import type { LuaFunction, LuaValue } from '../language/value.ts';
import { methodsOf } from './addresses.ts';
import { labelsOf } from './labels.ts';

type Methods = ReadonlyMap<string, LuaFunction>;

export class NameObject extends LuaObject {
  readonly kind = 'DNSName';
  name: Name;

  constructor(name: Name) {
    super();
    this.name = name;
  }

  get methods(): Methods {
    return nameMethods;
  }

  toText(): string {
    return formatName(this.name);
  }

  override equals(other: LuaObject): boolean {
    return other instanceof NameObject && equalNames(this.name, other.name);
  }

  override isBefore(other: LuaObject): boolean | undefined {
    return other instanceof NameObject ? compareNames(this.name, other.name) < 0 : undefined;
  }
}

/** Reads a name; throws `LuaError`. */
export function nameFrom(value: LuaValue): NameObject {
  if (value instanceof NameObject) return value;
  if (typeof value !== 'string') throw new LuaError('expected a name');
  const name = parseName(value);
  if (name.ok) return new NameObject(name.value);
  throw new LuaError(`"${value}" is not a name: ${name.fault}`);
}

const isName = (value: LuaValue): value is NameObject => value instanceof NameObject;

const nameMethods: Methods = methodsOf('DNSName', isName, {
  toString: (self: NameObject) => self.toText(),
  toStringNoDot: (self) => self.toText().replace(/\.$/, ''),
  countLabels: ({ name }) => labelsOf(name).length,
  wireLength: ({ name }) => name.length,
  wirelength: ({ name }) => name.length,
  getRawLabels: ({ name }) => LuaTable.of(labelsOf(name)),
  isPartOf: ({ name }, [other]) => isWithin(name, nameFrom(other).name),
  equal: ({ name }, [other]) => equalNames(name, nameFrom(other).name),
  canonCompare: ({ name }, [other]) => compareNames(name, nameFrom(other).name) < 0,
  makeRelative: ({ name }, [other]) => {
    const suffix = nameFrom(other).name;
    if (!isWithin(name, suffix)) throw new LuaError(`${formatName(name)} is not part of ${formatName(suffix)}`);
    const relative = new Uint8Array(name.length - suffix.length + 1);
    relative.set(name.subarray(0, relative.length - 1));
    // Whole labels and the root's after them are a name again.
    return new NameObject(relative as Name);
  },
  chopOff: (self) => {
    const hasLabel = self.name.length > 1;
    self.name = parentName(self.name);
    return hasLabel;
  },
});

/** The canonical order (RFC 4034 §6.1). */
function compareNames(a: Name, b: Name): number {
  const [left, right] = [labelsOf(a).toReversed(), labelsOf(b).toReversed()];
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const [one, other] = [lower(left[index] ?? ''), lower(right[index] ?? '')];
    if (one !== other) return one < other ? -1 : 1;
  }
  return left.length - right.length;
}

function lower(label: string): string {
  return label.replace(/[A-Z]/g, (letter) => String.fromCharCode(lowerCase[letter.charCodeAt(0)] ?? 0));
}

export class TypeObject extends LuaObject {
  readonly kind = 'QType';
  readonly type: number;

  constructor(type: number) {
    super();
    this.type = type;
  }

  get methods(): Methods {
    return typeMethods;
  }

  toText(): string {
    return typeName(this.type);
  }

  override equals(other: LuaObject): boolean {
    return other instanceof TypeObject && other.type === this.type;
  }
}

/** Reads a type's mnemonic; throws `LuaError`. */
export function typeFrom(value: LuaValue): TypeObject {
  const type = typeof value === 'string' ? parseType(value) : undefined;
  if (type === undefined) throw new LuaError('expected a type such as AAAA');
  return new TypeObject(type);
}

const isType = (value: LuaValue): value is TypeObject => value instanceof TypeObject;

const typeMethods: Methods = methodsOf('QType', isType, {
  getCode: ({ type }) => type,
  getName: (self) => self.toText(),
});

/** The header of the query (RFC 1035 §4.1.1, RFC 4035 §3.2); read while the query is answered only. */
export class HeaderObject extends LuaObject {
  readonly kind = 'DNSHeader';
  readonly octets: Uint8Array;

  constructor(octets: Uint8Array) {
    super();
    this.octets = octets;
  }

  get methods(): Methods {
    return headerMethods;
  }

  toText(): string {
    return 'DNSHeader';
  }
}

const isHeader = (value: LuaValue): value is HeaderObject => value instanceof HeaderObject;

/** Two octets of a header as a number. */
function wordAt({ octets }: HeaderObject, at: number): number {
  return ((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0);
}

function hasFlag(header: HeaderObject, bit: number): boolean {
  return (wordAt(header, 2) & bit) !== 0;
}

const headerMethods: Methods = methodsOf('DNSHeader', isHeader, {
  getID: (header) => wordAt(header, 0),
  getAA: (header) => hasFlag(header, flag.authoritative),
  getTC: (header) => hasFlag(header, flag.truncated),
  getRD: (header) => hasFlag(header, flag.recursionDesired),
  getRA: (header) => hasFlag(header, flag.recursionAvailable),
  getAD: (header) => hasFlag(header, flag.authenticData),
  getCD: (header) => hasFlag(header, flag.checkingDisabled),
  getOPCODE: (header) => (wordAt(header, 2) >> 11) & 0xf,
  getRCODE: (header) => wordAt(header, 2) & 0xf,
  getQDCOUNT: (header) => wordAt(header, 4),
  getANCOUNT: (header) => wordAt(header, 6),
  getNSCOUNT: (header) => wordAt(header, 8),
  getARCOUNT: (header) => wordAt(header, 10),
});
