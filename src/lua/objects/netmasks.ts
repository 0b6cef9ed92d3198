/** Netmask and NetmaskGroup of PowerDNS: a network, and several of which some may be exceptions. */
import { formatIp } from '#base/ip.ts';
import { isInNetwork, parseNetwork } from '../functions/net-table.ts';
import type { Network } from '../functions/net-table.ts';
import { LuaError } from '../language/error.ts';
import { LuaObject, LuaTable } from '../language/value.ts';
import type { LuaFunction, LuaValue } from '../language/value.ts';
import { addressBytes, AddressObject, maskBytes, methodsOf } from './addresses.ts';

type Methods = ReadonlyMap<string, LuaFunction>;

export class NetmaskObject extends LuaObject {
  readonly kind = 'Netmask';
  readonly network: Network;

  constructor(network: Network) {
    super();
    this.network = network;
  }

  get methods(): Methods {
    return netmaskMethods;
  }

  toText(): string {
    return `${formatIp(this.network.bytes)}/${this.network.length}`;
  }

  override equals(other: LuaObject): boolean {
    return other instanceof NetmaskObject && other.toText() === this.toText();
  }
}

const isNetmask = (value: LuaValue): value is NetmaskObject => value instanceof NetmaskObject;

const netmaskMethods: Methods = methodsOf('Netmask', isNetmask, {
  empty: () => false,
  getBits: ({ network }) => network.length,
  getNetwork: ({ network }) => new AddressObject(network.bytes),
  getMaskedNetwork: ({ network }) => new AddressObject(maskBytes(network.bytes, network.length)),
  isIPv4: ({ network }) => network.bytes.length === 4,
  isIpv4: ({ network }) => network.bytes.length === 4,
  isIPv6: ({ network }) => network.bytes.length === 16,
  isIpv6: ({ network }) => network.bytes.length === 16,
  match: ({ network }, [address]) => isInNetwork(network, addressBytes(address)),
  toString: (self: NetmaskObject) => self.toText(),
});

/** A network as code writes it, its host bits zero as PowerDNS has them; throws `LuaError`. */
export function netmaskFrom(value: LuaValue): NetmaskObject {
  const network = typeof value === 'string' ? parseNetwork(value) : undefined;
  if (network === undefined) throw new LuaError('expected a network such as 192.0.2.0/24');
  return new NetmaskObject({ bytes: maskBytes(network.bytes, network.length), length: network.length });
}

/** More networks than any record needs. */
const maxNetworks = 10_000;

export class NetmaskGroupObject extends LuaObject {
  readonly kind = 'NetmaskGroup';
  readonly #networks: { readonly network: Network; readonly isExcluded: boolean }[] = [];

  get methods(): Methods {
    return groupMethods;
  }

  toText(): string {
    return 'NetmaskGroup';
  }

  /** Adds a network, or with `!` before it an exception. */
  add(value: LuaValue): void {
    const isExcluded = typeof value === 'string' && value.startsWith('!');
    const { network } = netmaskFrom(isExcluded ? value.slice(1) : value);
    this.#networks.push({ network, isExcluded });
    if (this.#networks.length > maxNetworks) throw new LuaError(`a group holds at most ${maxNetworks} networks here`);
  }

  addAll(value: LuaValue): void {
    if (!(value instanceof LuaTable)) throw new LuaError('expected a table of networks');
    for (const each of value.list) this.add(each);
  }

  /** Whether the longest network that holds the address is no exception. */
  matches(address: Uint8Array): boolean {
    let best: { readonly network: Network; readonly isExcluded: boolean } | undefined;
    for (const each of this.#networks) {
      if (isInNetwork(each.network, address) && each.network.length >= (best?.network.length ?? 0)) best = each;
    }
    return best !== undefined && !best.isExcluded;
  }
}

const isGroup = (value: LuaValue): value is NetmaskGroupObject => value instanceof NetmaskGroupObject;

const groupMethods: Methods = methodsOf('NetmaskGroup', isGroup, {
  addMask: (self, [mask]) => {
    self.add(mask);
    return undefined;
  },
  addMasks: (self, [masks]) => {
    self.addAll(masks);
    return undefined;
  },
  match: (self, [address]) => self.matches(addressBytes(address)),
});
