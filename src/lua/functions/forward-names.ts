/**
 * `createForward`, `createForward6` and `filterForward`: addresses out of names below a wildcard, as PowerDNS 5.1 reads
 * them. What is no address is 0.0.0.0 or `::`.
 */
import { formatIp, parseIp, parseIpBytes } from '#base/ip.ts';
import { isWildcard, parentName } from '#dns/wire/name.ts';
import type { Computed, LuaCall } from '../call.ts';
import { describeConstant, textOfConstant, valueOf } from '../constant.ts';
import { LuaFault } from '../fault.ts';
import { LuaTable } from '../language/value.ts';
import { labelsOf } from '../objects/labels.ts';
import { NetmaskGroupObject } from '../objects/netmasks.ts';
import type { Run } from '../run.ts';
import { noMoreArguments, requiredArgument } from './values.ts';

const noIpv4 = '0.0.0.0';
const noIpv6 = '::';

export function prepareCreateForward(call: LuaCall): Computed {
  noMoreArguments(call, 0);
  return { kind: 'value', evaluate: labelReader(call, ipv4Of, noIpv4) };
}

export function prepareCreateForward6(call: LuaCall): Computed {
  noMoreArguments(call, 0);
  return { kind: 'value', evaluate: labelReader(call, ipv6Of, noIpv6) };
}

/** Reads the labels that stand for the record's asterisk. */
function labelReader(
  { owner }: LuaCall,
  read: (labels: readonly string[]) => string | undefined,
  none: string,
): (run: Run) => string {
  if (!isWildcard(owner)) return () => none;
  const suffix = labelsOf(parentName(owner)).length;
  return ({ client }) => {
    const labels = labelsOf(client.name, client.nameAt);
    return read(labels.slice(0, Math.max(0, labels.length - suffix))) ?? none;
  };
}

function ipv4Of(labels: readonly string[]): string | undefined {
  if (labels.length >= 4) return parseIp(labels.slice(0, 4).join('.'));
  const [first] = labels;
  if (first === undefined) return undefined;
  // A word before the number has no character that could be part of one.
  const digits = first.replace(/^[^0-9a-fA-F]+/, '');
  const parts = digits.split('-').filter((part) => part !== '');
  if (parts.length >= 4) {
    const octets = parts.slice(-4);
    return octets.every((octet) => /^\d{1,3}$/.test(octet)) ? parseIp(octets.map(Number).join('.')) : undefined;
  }
  const hex = /[0-9a-fA-F]{8}$/.exec(digits)?.[0];
  return hex === undefined ? undefined : formatIp(Buffer.from(hex, 'hex'));
}

function ipv6Of(labels: readonly string[]): string | undefined {
  if (labels.length === 8) return canonical(labels.join(':'));
  const [first] = labels;
  if (labels.length !== 1 || first === undefined) return undefined;
  if (first.includes('-')) return canonical(first.replaceAll('-', ':'));
  const hex = /[0-9a-fA-F]{32}$/.exec(first)?.[0];
  return hex === undefined ? undefined : formatIp(Buffer.from(hex, 'hex'));
}

function canonical(text: string): string | undefined {
  const bytes = text.includes(':') ? parseIpBytes(text) : undefined;
  return bytes === undefined ? undefined : formatIp(bytes);
}

/** `filterForward(address, networks[, fallback])`; an empty fallback gives no record. */
export function prepareFilterForward(call: LuaCall): Computed {
  const usage = "filterForward(createForward(), newNMG{'192.0.2.0/24'})";
  const address = requiredArgument(call, 0, usage);
  const networks = requiredArgument(call, 1, usage);
  noMoreArguments(call, 3);
  const bytes = parseIpBytes(textOfConstant(address) ?? '');
  if (bytes === undefined)
    throw new LuaFault(`${describeConstant(address)} is not an IP address: expected ${usage}`, address.offset);
  const group = networks.kind === 'object' ? valueOf(networks) : undefined;
  if (!(group instanceof NetmaskGroupObject))
    throw new LuaFault(`${describeConstant(networks)} is no group of networks: expected ${usage}`, networks.offset);
  const fallback = textOfConstant(call.args[2]) ?? (bytes.length === 4 ? noIpv4 : noIpv6);
  const text = textOfConstant(address) ?? '';
  const evaluate = (): LuaTable => {
    const chosen = group.matches(bytes) ? text : fallback;
    return LuaTable.of(chosen === '' ? [] : [chosen]);
  };
  return { kind: 'value', evaluate };
}
