/** Checks what a caller asks of a BFD session, and fills in defaults. */
import { refuse, succeed } from '../result.ts';
import type { Result } from '../result.ts';
import { familyOf, isLinkLocal, parseAddress } from '../wire/address.ts';
import type { Address } from '../wire/address.ts';
import type { BfdSessionOptions } from './types.ts';

/** A checked session. */
export interface BfdSettings {
  readonly name: string;
  readonly address: Address;
  readonly localAddress: Address | undefined;
  readonly device: string | undefined;
  readonly isMultihop: boolean;
  readonly intervalMs: number;
  readonly multiplier: number;
}

const limits = { intervalMs: { least: 50, most: 60_000 }, multiplier: { least: 2, most: 255 } } as const;
const defaults = { intervalMs: 500, multiplier: 4 } as const;
/** Below this a pause of an ordinary machine looks like a failure. */
const prudentIntervalMs = 300;
/** IFNAMSIZ of Linux less the end. */
const maxDeviceBytes = 15;

/** Checks options; the fault is a sentence that names the key, what was given and what is expected. */
export function checkBfdOptions(options: BfdSessionOptions): Result<BfdSettings, string> {
  const address = parseAddress(options.address);
  if (address === undefined) return refuse(`address: "${options.address}" is not an IP address`);
  const localAddress = options.localAddress === undefined ? undefined : parseAddress(options.localAddress);
  const settings: BfdSettings = {
    name: options.name ?? address,
    address,
    localAddress,
    device: options.device,
    isMultihop: options.isMultihop ?? false,
    intervalMs: options.intervalMs ?? defaults.intervalMs,
    multiplier: options.multiplier ?? defaults.multiplier,
  };
  const fault = addressFault(options, settings) ?? timingFault(settings, options.allowFast ?? false);
  return fault === undefined ? succeed(settings) : refuse(`BFD session "${settings.name}": ${fault}`);
}

function addressFault(options: BfdSessionOptions, settings: BfdSettings): string | undefined {
  const { address, localAddress, device } = settings;
  if (options.localAddress !== undefined && localAddress === undefined) {
    return `localAddress: "${options.localAddress}" is not an IP address`;
  }
  if (localAddress !== undefined && familyOf(localAddress) !== familyOf(address)) {
    return `localAddress: ${localAddress} is of another family than ${address}`;
  }
  if (device !== undefined && (!/^[^\s/]+$/.test(device) || device.length > maxDeviceBytes)) {
    return `device: "${device}" is not the name of an interface, 1 to ${maxDeviceBytes} characters`;
  }
  if (isLinkLocal(address) && device === undefined) return `device: missing, and ${address} is link-local`;
  return undefined;
}

function timingFault({ intervalMs, multiplier }: BfdSettings, allowFast: boolean): string | undefined {
  const { intervalMs: interval, multiplier: count } = limits;
  if (!(intervalMs >= interval.least && intervalMs <= interval.most)) {
    return `intervalMs: ${intervalMs} is not ${interval.least} to ${interval.most}`;
  }
  if (intervalMs < prudentIntervalMs && !allowFast) {
    return `intervalMs: ${intervalMs} is under ${prudentIntervalMs}, where a pause of this machine may look like a failure; allowFast permits it`;
  }
  if (!Number.isInteger(multiplier) || multiplier < count.least || multiplier > count.most) {
    return `multiplier: ${multiplier} is not a whole number from ${count.least} to ${count.most}`;
  }
  return undefined;
}
