/** The addresses that this machine has now, in its own network namespace; those of interfaces that are down are not among them. */
import os from 'node:os';
import { parseIp } from '#base/ip.ts';
import type { IpAddress } from '#base/ip.ts';

/** Reads all addresses of all interfaces, secondary ones too. */
export function localAddresses(): ReadonlySet<IpAddress> {
  const found = new Set<IpAddress>();
  for (const entries of Object.values(os.networkInterfaces())) {
    for (const { address } of entries ?? []) {
      const parsed = parseIp(address.replace(/%.*$/, ''));
      if (parsed !== undefined) found.add(parsed);
    }
  }
  return found;
}
