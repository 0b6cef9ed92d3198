/** Checks the options of a peer and fills in the defaults. */
import type { Result } from '../result.ts';
import { refuse, succeed } from '../result.ts';
import type { SessionConfig } from '../session/types.ts';
import { originKey } from '../socket/transport.ts';
import type { SocketSettings } from '../socket/transport.ts';
import type { Address } from '../wire/address.ts';
import { familyOf, isLinkLocal, parseAddress } from '../wire/address.ts';
import { allFamilies } from '../wire/family.ts';
import type { PeerPolicy } from './policy-options.ts';
import { checkPolicyOptions } from './policy-options.ts';
import { checkSocketOptions, socketSettingsOf } from './socket-options.ts';
import type { PeerOptions } from './types.ts';

/** A checked peer. */
export interface PeerConfig {
  readonly name: string;
  readonly address: Address;
  readonly port: number;
  readonly localAddress: Address | undefined;
  /** Who opens the TCP connection. */
  readonly connection: NonNullable<PeerOptions['connection']>;
  readonly settings: SocketSettings;
  /** The engine of the peer adds who says whether this side restarts. */
  readonly session: Omit<SessionConfig, 'random' | 'gracefulRestart'>;
  readonly policy: PeerPolicy;
}

const bgpPort = 179;
const defaultHoldTimeSeconds = 90;
const defaultConnectTimeoutMs = 10_000;
const defaultRetryMinMs = 1000;
const defaultRetryMaxMs = 30_000;
const maxTimeMs = 86_400_000;

/** Checks a peer; the fault is a sentence that names the option and the value. */
export function checkPeerOptions(options: PeerOptions): Result<PeerConfig, string> {
  const fault = checkAddresses(options) ?? checkNumbers(options) ?? checkFamilies(options) ?? checkSocket(options);
  const address = parseAddress(options.address);
  const routerId = parseAddress(options.routerId);
  if (fault !== undefined || address === undefined || routerId === undefined) return refuse(fault ?? 'bad address');
  const policy = checkPolicyOptions(options);
  if (!policy.ok) return policy;
  const port = options.port ?? bgpPort;
  return succeed({
    name: options.name ?? (familyOf(address) === 'ipv6-unicast' ? `[${address}]:${port}` : `${address}:${port}`),
    address,
    port,
    localAddress: options.localAddress === undefined ? undefined : parseAddress(options.localAddress),
    connection: options.connection ?? 'active',
    settings: socketSettingsOf(options.socket),
    session: {
      connection: options.connection ?? 'active',
      localAsn: options.localAsn,
      peerAsn: options.peerAsn,
      routerId,
      holdTimeSeconds: options.holdTimeSeconds ?? defaultHoldTimeSeconds,
      allowHoldTimeZero: options.allowHoldTimeZero ?? false,
      families: allFamilies.filter((family) => options.families?.includes(family) ?? true),
      connectTimeoutMs: options.connectTimeoutMs ?? defaultConnectTimeoutMs,
      retryMinMs: options.retryMinMs ?? defaultRetryMinMs,
      retryMaxMs: options.retryMaxMs ?? defaultRetryMaxMs,
      sendHoldTimeMs: options.sendHoldTimeMs,
      role: policy.value.role,
      extendedNextHop: options.extendedNextHop ?? false,
    },
    policy: policy.value,
  });
}

/** From where a peer connects: its address, and the link where that is link-local. */
export function originOf({ address, settings }: Pick<PeerConfig, 'address' | 'settings'>): string {
  return originKey(address, settings.device);
}

/** Why a second peer that may connect cannot have the origin of a first one. */
export function originTaken(origin: string, name: string): string {
  return `connections from ${origin} are those of peer "${name}"`;
}

function checkAddresses(options: PeerOptions): string | undefined {
  const address = parseAddress(options.address);
  if (address === undefined) return `address "${options.address}" is not an IP address`;
  const routerId = parseAddress(options.routerId);
  const isRouterId = routerId !== undefined && familyOf(routerId) === 'ipv4-unicast' && routerId !== '0.0.0.0';
  if (!isRouterId) return `routerId "${options.routerId}" is not written like an IPv4 address other than 0.0.0.0`;
  if (options.localAddress === undefined) return undefined;
  const local = parseAddress(options.localAddress);
  if (local === undefined) return `localAddress "${options.localAddress}" is not an IP address`;
  if (familyOf(local) === familyOf(address)) return undefined;
  return `localAddress "${options.localAddress}" and address "${options.address}" are of different families`;
}

function checkNumbers(options: PeerOptions): string | undefined {
  const holdTimeSeconds = options.holdTimeSeconds ?? defaultHoldTimeSeconds;
  const retryMinMs = options.retryMinMs ?? defaultRetryMinMs;
  return (
    checkRange('port', options.port ?? bgpPort, [1, 65535]) ??
    checkRange('peerAsn', options.peerAsn, [1, 0xffff_ffff]) ??
    checkRange('localAsn', options.localAsn, [1, 0xffff_ffff]) ??
    checkHoldTime(holdTimeSeconds, options.allowHoldTimeZero ?? false) ??
    checkRange('connectTimeoutMs', options.connectTimeoutMs ?? defaultConnectTimeoutMs, [1, maxTimeMs]) ??
    checkRange('retryMinMs', retryMinMs, [1, maxTimeMs]) ??
    checkRange('retryMaxMs', options.retryMaxMs ?? defaultRetryMaxMs, [retryMinMs, maxTimeMs]) ??
    checkRange('sendHoldTimeMs', options.sendHoldTimeMs ?? maxTimeMs, [1, maxTimeMs])
  );
}

function checkHoldTime(holdTimeSeconds: number, allowsZero: boolean): string | undefined {
  if (holdTimeSeconds !== 0) return checkRange('holdTimeSeconds', holdTimeSeconds, [3, 65535]);
  if (allowsZero) return undefined;
  return 'holdTimeSeconds 0 means that nobody notices a peer that is gone, save BFD; allowHoldTimeZero permits it';
}

function checkSocket({ address, connection, socket }: PeerOptions): string | undefined {
  const modes: readonly unknown[] = ['active', 'passive', 'both', undefined];
  if (!modes.includes(connection)) return `connection "${String(connection)}" is not active, passive or both`;
  const fault = socket === undefined ? undefined : checkSocketOptions(socket);
  if (fault !== undefined || socket?.device !== undefined) return fault;
  const parsed = parseAddress(address);
  if (parsed === undefined || !isLinkLocal(parsed)) return undefined;
  return `socket.device is missing, and address "${address}" is link-local: it means something on one link only`;
}

function checkRange(name: string, value: number, [least, most]: readonly [number, number]): string | undefined {
  if (Number.isInteger(value) && value >= least && value <= most) return undefined;
  return `${name} ${value} is not a whole number from ${least} to ${most}`;
}

function checkFamilies(options: PeerOptions): string | undefined {
  const families: readonly string[] = options.families ?? allFamilies;
  const unknown = families.find((family) => !allFamilies.some((known) => known === family));
  if (unknown !== undefined) return `family "${unknown}" is not one of ${allFamilies.join(', ')}`;
  return families.length === 0 ? 'families is empty' : undefined;
}
