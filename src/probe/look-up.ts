/**
 * Looks up the addresses of a host name for a check that has a name in place of an address: A and AAAA by the servers of
 * /etc/resolv.conf, not by /etc/hosts. Of its own, not by the system's resolver: that one's few threads are for files, and
 * a slow server would hold them all.
 */
import { Resolver } from 'node:dns';
import { parseIp } from '#base/ip.ts';
import type { IpAddress } from '#base/ip.ts';
import { unable } from './outcome.ts';
import type { Cancel, Outcome } from './outcome.ts';

/** What a lookup gives: at least one address, IPv4 first, or why there is none. */
export type LookedUp = { readonly addresses: readonly IpAddress[] } | { readonly failed: Outcome };

/** Looks a name up; `done` is called once, later. */
export type LookUp = (name: string, done: (result: LookedUp) => void) => Cancel;

/** Between two questions to one server, in milliseconds; the check's own timeout ends it all. */
const questionTimeoutMs = 1000;

/** The name is known to have no address; anything else says nothing about it. */
const absent = new Set(['ENOTFOUND', 'ENODATA']);

/** Asks the given servers, by default those of the system. */
export function createLookUp(servers?: readonly string[]): LookUp {
  return (name, done) => {
    const resolver = new Resolver({ timeout: questionTimeoutMs, tries: 3 });
    if (servers !== undefined) resolver.setServers(servers);
    const found: { v4?: readonly string[]; v6?: readonly string[] } = {};
    const faults: string[] = [];
    let isOver = false;
    const take = (family: 'v4' | 'v6', error: NodeJS.ErrnoException | null, addresses: readonly string[]): void => {
      found[family] = error === null ? addresses : [];
      if (error !== null) faults.push(error.code ?? error.message);
      if (isOver || found.v4 === undefined || found.v6 === undefined) return;
      isOver = true;
      done(resultOf(name, [...found.v4, ...found.v6], faults));
    };
    resolver.resolve4(name, (error, addresses) => {
      take('v4', error, addresses);
    });
    resolver.resolve6(name, (error, addresses) => {
      take('v6', error, addresses);
    });
    return () => {
      isOver = true;
      resolver.cancel();
    };
  };
}

function resultOf(name: string, texts: readonly string[], faults: readonly string[]): LookedUp {
  const addresses = texts.flatMap((text) => parseIp(text) ?? []);
  if (addresses.length > 0) return { addresses };
  const fault = faults.find((code) => !absent.has(code));
  if (fault !== undefined) return { failed: unable(`${name} cannot be looked up: ${fault}`) };
  return { failed: { passed: false, reason: `${name} has no address` } };
}
