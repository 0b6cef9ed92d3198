/**
 * Finding the answer in a zone and writing it (RFC 1034 §4.3.2, RFC 4592, RFC 6672, RFC 2308, RFC 8482).
 *
 * Names are walked from the apex down, so that a cut or a DNAME hides what lies below it. Aliases are followed inside
 * the zone only, a bounded number of times. Which zone, and what the header says, is decided in answerer.ts.
 */
import { rcode, recordType } from '../wire/constants.ts';
import type { LabelIndex } from '../wire/name-map.ts';
import { equalNames, isWithin, replaceSuffix } from '../wire/name.ts';
import type { Name } from '../wire/name.ts';
import { section } from '../wire/writer.ts';
import type { MessageWriter, WireRrset } from '../wire/writer.ts';
import type { Client } from '../zone/dynamic.ts';
import { findRrset } from '../zone/zone.ts';
import type { Delegation, Rrset, Zone, ZoneNode } from '../zone/zone.ts';

/** What to look for, and for whom. */
export interface ResolveRequest {
  readonly zone: Zone;
  readonly name: Name;
  /** The labels of `name`; used for other names while resolving. */
  readonly labels: LabelIndex;
  readonly type: number;
  readonly client: Client;
  readonly minimumTtlSeconds: number;
  /** Whether the zone's name servers and the addresses of servers that answers name are left out. */
  readonly isMinimal: boolean;
}

/** What was found, beside the records that were written. */
export interface ResolveOutcome {
  readonly rcode: number;
  readonly isAuthoritative: boolean;
  /** An RRset that the reply needs did not fit. */
  readonly isTruncated: boolean;
  /** Whether a record was evaluated whose data depends on where the client is. */
  readonly dependsOnClient: boolean;
  /** Why a dynamic record gave nothing; the response code is SERVFAIL then. */
  readonly failure: string | undefined;
}

/** Aliases followed in one answer; real chains have one or two. */
const maxAliases = 16;

/** RFC 8482 §4.2: the answer to ANY, so that nobody is flooded with everything that a name has. */
const anyAnswer: WireRrset = {
  type: recordType.HINFO,
  ttlSeconds: 3600,
  rdata: [Uint8Array.of(7, ...new TextEncoder().encode('RFC8482'), 0)],
};

/** Resolves a request, writing the records that answer it; the writer holds the question and nothing else. */
export function resolve(writer: MessageWriter, request: ResolveRequest): ResolveOutcome {
  return new Resolution(writer, request).run();
}

class Resolution {
  readonly #writer: MessageWriter;
  readonly #request: ResolveRequest;
  #rcode: number = rcode.noError;
  #isAuthoritative = true;
  #isTruncated = false;
  #dependsOnClient = false;
  #failure: string | undefined;
  /** Owners of the aliases in the answer. */
  readonly #aliases: Name[] = [];
  /** DNAME owners in the answer; each is written once. */
  readonly #redirects: Name[] = [];

  constructor(writer: MessageWriter, request: ResolveRequest) {
    this.#writer = writer;
    this.#request = request;
  }

  run(): ResolveOutcome {
    const { name, labels } = this.#request;
    // Each turn looks for one name: the question's, then each alias's target.
    let target = this.#step(name);
    while (target !== undefined) {
      labels.scan(target, 0);
      target = this.#step(target);
    }
    return this.#outcome();
  }

  #outcome(): ResolveOutcome {
    return {
      rcode: this.#failure === undefined ? this.#rcode : rcode.servFail,
      isAuthoritative: this.#isAuthoritative && this.#failure === undefined,
      isTruncated: this.#isTruncated,
      dependsOnClient: this.#dependsOnClient,
      failure: this.#failure,
    };
  }

  /** Answers for one name; returns the target where an alias leads on inside the zone. */
  #step(name: Name): Name | undefined {
    const { zone, type, labels } = this.#request;
    let node = zone.apexNode;
    for (let label = labels.count - zone.apexLabels; ; label--) {
      // DS belongs to the parent's side of a cut (RFC 4035 §3.1.4.1).
      if (node.delegation !== undefined && !(label === 0 && type === recordType.DS)) {
        this.#refer(node, node.delegation);
        return undefined;
      }
      if (label === 0) return this.#answerFrom(node, name);
      const redirect = findRrset(node, recordType.DNAME);
      if (redirect !== undefined) return this.#redirect(node.owner, redirect, name);
      const offset = labels.offsets[label - 1] ?? 0;
      const child = zone.nodes.lookup(name, offset, labels.hashes[label - 1] ?? 0);
      if (child === undefined) break;
      node = child;
    }
    if (node.wildcard !== undefined) return this.#answerFrom(node.wildcard, name);
    this.#rcode = rcode.nxDomain;
    this.#deny(false);
    return undefined;
  }

  #answerFrom(node: ZoneNode, name: Name): Name | undefined {
    const { type } = this.#request;
    if (type === recordType.ANY) {
      this.#answerAny(node, name);
      return undefined;
    }
    const alias = type === recordType.CNAME ? undefined : findRrset(node, recordType.CNAME);
    const rrset = alias ?? findRrset(node, type);
    if (rrset === undefined) {
      this.#deny(false);
      return undefined;
    }
    const found = this.#evaluate(rrset);
    if (found === undefined) return undefined;
    // Only health can have emptied it, so the denial is as short-lived as health (R14).
    if (found.rdata.length === 0) {
      this.#deny(true);
      return undefined;
    }
    this.#write(section.answer, name, found);
    if (alias !== undefined) return this.#follow(name, found.rdata[0]);
    if (!this.#request.isMinimal) this.#addCourtesies(node, found);
    return undefined;
  }

  #answerAny(node: ZoneNode, name: Name): void {
    if (node.rrsets.length === 0) {
      this.#deny(false);
      return;
    }
    const alias = findRrset(node, recordType.CNAME);
    const found = alias === undefined ? anyAnswer : this.#evaluate(alias);
    if (found === undefined) return;
    if (found.rdata.length === 0) {
      this.#deny(true);
      return;
    }
    this.#write(section.answer, name, found);
  }

  /** The next name to look for after an alias; undefined at a loop, at the bound and outside the zone. */
  #follow(owner: Name, rdata: Uint8Array | undefined): Name | undefined {
    // The layout of CNAME makes its data one valid name.
    const target = rdata as Name;
    this.#aliases.push(owner);
    const { zone } = this.#request;
    if (this.#isTruncated || this.#aliases.length > maxAliases || !isWithin(target, zone.apex)) return undefined;
    return this.#aliases.some((seen) => equalNames(seen, target)) ? undefined : target;
  }

  /** Rewrites a name below a DNAME and says so with a CNAME (RFC 6672 §2.2, §3.1). */
  #redirect(owner: Name, redirect: Rrset, name: Name): Name | undefined {
    const found = this.#evaluate(redirect);
    if (found === undefined) return undefined;
    const [target] = found.rdata;
    if (target === undefined) {
      this.#deny(true);
      return undefined;
    }
    if (!this.#redirects.some((seen) => equalNames(seen, owner))) this.#write(section.answer, owner, found);
    this.#redirects.push(owner);
    // The layout of DNAME makes its data one valid name.
    const renamed = replaceSuffix(name, owner, target as Name);
    if (renamed === undefined) {
      this.#rcode = rcode.yxDomain;
      return undefined;
    }
    this.#write(section.answer, name, { type: recordType.CNAME, ttlSeconds: found.ttlSeconds, rdata: [renamed] });
    if (this.#request.type === recordType.CNAME) return undefined;
    return this.#follow(name, renamed);
  }

  #refer(node: ZoneNode, { ns, glue }: Delegation): void {
    if (this.#aliases.length === 0) this.#isAuthoritative = false;
    this.#write(section.authority, node.owner, ns);
    // Without its glue a referral may lead nowhere, so that it counts as truncated (RFC 9471 §3).
    for (const { owner, rrset } of glue) this.#write(section.additional, owner, rrset);
  }

  /** Adds the SOA of a negative answer (RFC 2308 §3); one that health can change lives only shortly (R14). */
  #deny(canHealthChange: boolean): void {
    const { zone, minimumTtlSeconds } = this.#request;
    const soa = zone.negativeSoa;
    const ttlSeconds = canHealthChange ? Math.min(soa.ttlSeconds, minimumTtlSeconds) : soa.ttlSeconds;
    this.#write(section.authority, zone.apex, { ...soa, ttlSeconds });
  }

  /** The records to write; undefined, with the reason kept, when a dynamic record fails. */
  #evaluate(rrset: Rrset): WireRrset | undefined {
    if (rrset.dynamic.length === 0) return rrset;
    const { client, minimumTtlSeconds } = this.#request;
    const rdata = [...rrset.rdata];
    let changePending = false;
    for (const record of rrset.dynamic) {
      if (record.dependsOnClient) this.#dependsOnClient = true;
      const answer = record.evaluate(client);
      if (answer.kind === 'failure') {
        this.#failure = answer.reason;
        return undefined;
      }
      rdata.push(...answer.rdata);
      changePending ||= answer.changePending;
    }
    const ttlSeconds = changePending ? Math.min(rrset.ttlSeconds, minimumTtlSeconds) : rrset.ttlSeconds;
    return { type: rrset.type, ttlSeconds, rdata };
  }

  /** What minimal responses leave out: the zone's name servers, and addresses of the servers that the answer names. */
  #addCourtesies(node: ZoneNode, found: WireRrset): void {
    const { zone } = this.#request;
    const ns = findRrset(zone.apexNode, recordType.NS);
    const isAnswered = node === zone.apexNode && found.type === recordType.NS;
    const servers = ns === undefined || isAnswered || ns.dynamic.length > 0 ? undefined : ns;
    if (servers !== undefined) this.#writer.rrset(section.authority, zone.apex, servers);
    const present = [found];
    this.#addAddresses(found, present);
    if (servers !== undefined) this.#addAddresses(servers, present);
  }

  /** Adds the addresses of servers, as far as they fit and are not `present` (RFC 1035 §3.3.9, RFC 2782). */
  #addAddresses({ type, rdata }: WireRrset, present: WireRrset[]): void {
    const skip = targetOffset.get(type);
    if (skip === undefined) return;
    for (const bytes of rdata) {
      // What follows the skipped numbers is one valid name by the layout of these types.
      const target = bytes.subarray(skip) as Name;
      for (const rrset of this.#request.zone.nodes.get(target)?.rrsets ?? []) {
        const isAddress = rrset.type === recordType.A || rrset.type === recordType.AAAA;
        if (!isAddress || rrset.dynamic.length > 0 || present.includes(rrset)) continue;
        if (this.#writer.rrset(section.additional, target, rrset)) present.push(rrset);
      }
    }
  }

  #write(where: (typeof section)[keyof typeof section], owner: Name, rrset: WireRrset): void {
    if (!this.#isTruncated && !this.#writer.rrset(where, owner, rrset)) this.#isTruncated = true;
  }
}

/** Where the name of a server begins in the data of types that name one. */
const targetOffset = new Map<number, number>([
  [recordType.NS, 0],
  [recordType.MX, 2],
  [recordType.SRV, 6],
]);
