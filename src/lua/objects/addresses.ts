/** ComboAddress and ComboAddressSet of PowerDNS: an address with a port, and a set of addresses. */
import { formatHostPort, formatIp, parseHostPort, parseIpBytes } from '#base/ip.ts';
import { LuaError } from '../language/error.ts';
import { LuaFunction, LuaObject, LuaTable } from '../language/value.ts';
import type { LuaValue, LuaValues } from '../language/value.ts';

type Methods = ReadonlyMap<string, LuaFunction>;

/** Methods of one kind of object; each is given the object, which is checked. */
export function methodsOf<Self extends LuaObject>(
  kind: string,
  isSelf: (value: LuaValue) => value is Self,
  methods: Readonly<Record<string, (self: Self, args: LuaValues) => LuaValue>>,
): Methods {
  return new Map(
    Object.entries(methods).map(([name, method]) => {
      const call = (args: LuaValues): LuaValues => {
        const [self, ...rest] = args;
        if (isSelf(self)) return [method(self, rest)];
        throw new LuaError(`${name} is a method of a ${kind}: expected object:${name}()`);
      };
      return [name, new LuaFunction(name, call)] as const;
    }),
  );
}

/** An address of 4 or 16 octets. */
export class AddressObject extends LuaObject {
  readonly kind = 'ComboAddress';
  bytes: Uint8Array;
  readonly port: number;

  constructor(bytes: Uint8Array, port = 0) {
    super();
    this.bytes = bytes;
    this.port = port;
  }

  get methods(): Methods {
    return addressMethods;
  }

  toText(): string {
    return formatIp(this.bytes);
  }

  override equals(other: LuaObject): boolean {
    return other instanceof AddressObject && other.port === this.port && other.toText() === this.toText();
  }
}

const isAddress = (value: LuaValue): value is AddressObject => value instanceof AddressObject;

const addressMethods: Methods = methodsOf('ComboAddress', isAddress, {
  isIPv4: ({ bytes }) => bytes.length === 4,
  isIPv6: ({ bytes }) => bytes.length === 16,
  isMappedIPv4: ({ bytes }) => isMapped(bytes),
  mapToIPv4: ({ bytes, port }) => {
    if (!isMapped(bytes)) throw new LuaError('mapToIPv4: the address is not an IPv4 address inside IPv6');
    return new AddressObject(bytes.slice(12), port);
  },
  getPort: ({ port }) => port,
  toString: (self: AddressObject) => self.toText(),
  toStringWithPort: (self) => formatHostPort(self.toText(), self.port),
  getRaw: ({ bytes }) => String.fromCharCode(...bytes),
  truncate: (self, [bits]) => {
    if (typeof bits !== 'number') throw new LuaError('truncate: expected a number of bits');
    self.bytes = maskBytes(self.bytes, bits);
    return undefined;
  },
  equal: (self, [other]) => isAddress(other) && other.toText() === self.toText(),
});

function isMapped(bytes: Uint8Array): boolean {
  return (
    bytes.length === 16 && bytes[10] === 0xff && bytes[11] === 0xff && bytes.subarray(0, 10).every((byte) => byte === 0)
  );
}

/** The octets with all bits after the first `bits` zero. */
export function maskBytes(bytes: Uint8Array, bits: number): Uint8Array {
  return bytes.map((byte, index) => byte & (0xff00 >> Math.min(8, Math.max(0, bits - index * 8))) & 0xff);
}

/** An address with or without a port, as code writes it; throws `LuaError`. */
export function addressFrom(text: string): AddressObject {
  const bytes = parseIpBytes(text);
  if (bytes !== undefined) return new AddressObject(bytes);
  const pair = parseHostPort(text);
  const inPair = pair === undefined ? undefined : parseIpBytes(pair.address);
  if (pair === undefined || inPair === undefined) throw new LuaError(`"${text}" is not an IP address`);
  return new AddressObject(inPair, pair.port);
}

/** The octets of an address object or of a text; throws `LuaError`. */
export function addressBytes(value: LuaValue): Uint8Array {
  if (value instanceof AddressObject) return value.bytes;
  if (typeof value === 'string') return addressFrom(value).bytes;
  throw new LuaError('expected an address');
}

export class AddressSetObject extends LuaObject {
  readonly kind = 'ComboAddressSet';
  readonly texts = new Set<string>();

  get methods(): Methods {
    return setMethods;
  }

  toText(): string {
    return 'ComboAddressSet';
  }
}

/** More addresses than any record needs. */
const maxAddresses = 10_000;

const isSet = (value: LuaValue): value is AddressSetObject => value instanceof AddressSetObject;

const setMethods: Methods = methodsOf('ComboAddressSet', isSet, {
  add: ({ texts }, [value]) => {
    for (const each of value instanceof LuaTable ? value.list : [value]) {
      texts.add(formatIp(addressBytes(each)));
      if (texts.size > maxAddresses) throw new LuaError(`a set holds at most ${maxAddresses} addresses here`);
    }
    return undefined;
  },
  check: ({ texts }, [value]) => texts.has(formatIp(addressBytes(value))),
});
