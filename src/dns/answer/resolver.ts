/**
 * Finding the answer in a zone and writing it (RFC 1034 §4.3.2, RFC 4592, RFC 6672, RFC 2308, RFC 8020, RFC 8482).
 *
 * A name that exists is found at once; names are walked from the apex down only where a cut or a DNAME may hide them.
 * Aliases are followed inside the zone only, a bounded number of times. Which zone, and what the header says, is decided
 * in answerer.ts; what non-minimal responses add is in courtesies.ts; DNAMEs are written by redirects.ts.
 */
import { rcode, recordType } from '../wire/constants.ts';
import type { LabelIndex } from '../wire/name-map.ts';
import { RowSet, section } from '../wire/writer.ts';
import type { MessageWriter, RecordHead, Section } from '../wire/writer.ts';
import type { AnswerNote } from '../zone/dynamic.ts';
import type { ZoneImage } from '../zone/image.ts';
import { nodeFlag, rowHeaderBytes, rrset as rrsetWord, zone as zoneWord } from '../zone/image-layout.ts';
import { AliasTrail } from './alias-trail.ts';
import { addCourtesies } from './courtesies.ts';
import { DenialWriter } from './denial.ts';
import { EvaluatedRrset } from './evaluate.ts';
import type { Generation } from './generation.ts';
import { RedirectWriter } from './redirects.ts';
import type { ComputedTarget } from './redirects.ts';
import { ReferralWriter } from './referral.ts';
import { fillRowSet } from './row-set.ts';
import { createSubject } from './subject.ts';
import type { Subject } from './subject.ts';

/** Whether optional records are left out, and whether the records of a set go round from answer to answer. */
export interface ResolveOptions {
  readonly isMinimal: boolean;
  readonly rotates: boolean;
}

/** What hides the data of a name that exists. */
const hiding = nodeFlag.cut | nodeFlag.belowCut | nodeFlag.belowDname;
/** What changes the meaning of names below one that exists. */
const redirecting = hiding | nodeFlag.dname;

/** RFC 8482 §4.2: the answer to ANY, so that nobody is flooded with everything that a name has. */
const anyHead = { type: recordType.HINFO, ttlSeconds: 3600 };
const anyData = [Uint8Array.of(7, ...new TextEncoder().encode('RFC8482'), 0)];

/** Resolves one query at a time from one generation; the fields tell of the last one. */
export class Resolver {
  rcode: number = rcode.noError;
  isAuthoritative = true;
  /** An RRset that the reply needs did not fit. */
  isTruncated = false;
  /** Bits of the client's address on which the answer may depend (R15). */
  scopeBits = 0;
  /** Why a dynamic record gave nothing; the response code is SERVFAIL then. */
  failure: string | undefined;
  note: AnswerNote | undefined;

  readonly #writer: MessageWriter;
  readonly #options: ResolveOptions;
  readonly #set = new RowSet();
  readonly #generation: Generation;
  readonly #image: ZoneImage;
  #zone = 0;
  #type = 0;
  #subject: Subject = createSubject();
  #labels: LabelIndex;
  /** Counts answers, so that rotating sets begin elsewhere each time. */
  #turn = 0;
  /** The name that is looked for: the question's, then each alias's target. */
  #name: Uint8Array = new Uint8Array(0);
  #nameAt = 0;
  /** The owner of what is written: the name, or the one whose ALIAS led here. */
  #owner: Uint8Array = new Uint8Array(0);
  #ownerAt = 0;
  #isFlattened = false;
  /** The lowest TTL of the hidden way from an ALIAS: no answer by it may live longer. */
  #ttlLimit = 0;
  /** The question, and where in it the zone's apex begins. */
  #query: Uint8Array = new Uint8Array(0);
  #apexAt = 0;
  readonly #evaluated = new EvaluatedRrset();
  readonly #trail = new AliasTrail();
  readonly #referrals: ReferralWriter;
  readonly #denials: DenialWriter;
  readonly #redirects: RedirectWriter;

  constructor(writer: MessageWriter, labels: LabelIndex, generation: Generation, options: ResolveOptions) {
    this.#writer = writer;
    this.#labels = labels;
    this.#generation = generation;
    this.#image = generation.image;
    this.#options = options;
    this.#referrals = new ReferralWriter(generation.image, writer, labels, this.#set);
    this.#denials = new DenialWriter(generation.image, writer, this.#set);
    this.#redirects = new RedirectWriter(generation.image, writer, this.#set);
  }

  /**
   * Writes the records that answer for the name at `nameAt` of `query`, which lies in the zone at place `zone` and whose
   * labels are indexed; the writer holds the question and nothing else.
   */
  resolve(query: Uint8Array, nameAt: number, zone: number, type: number, subject: Subject): void {
    this.rcode = rcode.noError;
    this.isAuthoritative = true;
    this.isTruncated = false;
    this.scopeBits = 0;
    this.failure = undefined;
    this.note = undefined;
    this.#zone = zone;
    this.#type = type;
    this.#subject = subject;
    this.#name = query;
    this.#nameAt = nameAt;
    this.#owner = query;
    this.#ownerAt = nameAt;
    this.#isFlattened = false;
    this.#query = query;
    // The question's name ends in the apex, so that names of the zone can point there.
    const apexLabel = this.#labels.count - this.#image.word(zone + zoneWord.apexLabels);
    this.#apexAt = nameAt + (this.#labels.offsets[apexLabel] ?? 0);
    this.#trail.clear();
    this.#redirects.clear();
    while (this.#step()) this.#labels.scan(this.#name, this.#nameAt);
  }

  /** Answers for one name; true where an alias leads on inside the zone, to what is `#name` then. */
  #step(): boolean {
    const image = this.#image;
    const labels = this.#labels;
    const place = image.findNode(this.#zone, this.#name, this.#nameAt, labels.hashes[0] ?? 0);
    if (place !== 0) return (image.flags(place) & hiding) === 0 ? this.#answerFrom(place) : this.#walk();
    // The zone's apex exists, so that this ends there at the latest.
    for (let label = 1; ; label++) {
      const at = this.#nameAt + (labels.offsets[label] ?? 0);
      const encloser = image.findNode(this.#zone, this.#name, at, labels.hashes[label] ?? 0);
      if (encloser === 0) continue;
      return (image.flags(encloser) & redirecting) === 0 ? this.#answerBelow(encloser, label) : this.#walk();
    }
  }

  /** Looks from the apex down for the cut or DNAME that comes first. */
  #walk(): boolean {
    const image = this.#image;
    const labels = this.#labels;
    let place = image.word(this.#zone + zoneWord.apexNode);
    for (let label = labels.count - image.word(this.#zone + zoneWord.apexLabels); ; label--) {
      const flags = image.flags(place);
      // DS belongs to the parent's side of a cut (RFC 4035 §3.1.4.1).
      if ((flags & nodeFlag.cut) !== 0 && !(label === 0 && this.#type === recordType.DS)) {
        this.#refer(place);
        return false;
      }
      if (label === 0) return this.#answerFrom(place);
      if ((flags & nodeFlag.dname) !== 0) return this.#redirect(place);
      const at = this.#nameAt + (labels.offsets[label - 1] ?? 0);
      const child = image.findNode(this.#zone, this.#name, at, labels.hashes[label - 1] ?? 0);
      if (child === 0) return this.#answerBelow(place, label);
      place = child;
    }
  }

  /** The name does not exist: the wildcard below its closest encloser, label `label` of it, answers, or nothing does. */
  #answerBelow(encloser: number, label: number): boolean {
    const image = this.#image;
    if ((image.flags(encloser) & nodeFlag.wildcardBelow) !== 0) {
      return this.#answerFrom(image.wildcardBelow(encloser, this.#labels.hashes[label] ?? 0));
    }
    // A name whose ALIAS leads nowhere exists all the same.
    if (!this.#isFlattened) this.rcode = rcode.nxDomain;
    this.#deny(false);
    return false;
  }

  #answerFrom(node: number): boolean {
    const image = this.#image;
    const type = this.#type;
    let found = image.findRrset(node, type);
    if (found === 0 && type === recordType.ANY && image.rrsetCount(node) > 0) {
      found = image.findRrset(node, recordType.CNAME);
      if (found === 0) {
        this.#answerAny();
        return false;
      }
    }
    let isAlias = type === recordType.ANY;
    // Signatures and proofs belong to the alias itself, never to what it leads to (RFC 4035 §2.5).
    if (found === 0 && type !== recordType.RRSIG && type !== recordType.NSEC) {
      found = image.findRrset(node, recordType.CNAME);
      isAlias = true;
    }
    if (found === 0) return this.#answerWithout(node);
    const alias = isAlias ? recordType.CNAME : type;
    if (image.programCount(found) > 0) return this.#answerDynamic(node, found, alias);
    if (!isAlias || !this.#isFlattened) this.#writeSet(section.answer, this.#owner, this.#ownerAt, found, alias);
    else this.#limitTtl(image.word(found + rrsetWord.ttl));
    if (isAlias) {
      if (type === recordType.ANY) return false;
      return this.#follow(image.bytes, image.rowsAt(found) + rowHeaderBytes);
    }
    if (!this.#options.isMinimal) this.#addCourtesies(node, found);
    return false;
  }

  /** Nothing of the type is here; where addresses are asked for, an ALIAS may lead to some. */
  #answerWithout(node: number): boolean {
    const image = this.#image;
    const isAddress = this.#type === recordType.A || this.#type === recordType.AAAA;
    const found = isAddress ? image.findRrset(node, recordType.ALIAS) : 0;
    if (found === 0) {
      this.#deny(false);
      return false;
    }
    if (image.programCount(found) > 0) return this.#flattenComputed(found);
    return this.#flatten(image.bytes, image.rowsAt(found) + rowHeaderBytes, image.word(found + rrsetWord.ttl));
  }

  #flattenComputed(found: number): boolean {
    const evaluated = this.#evaluate(found);
    this.note = evaluated.note ?? this.note;
    const [target] = evaluated.rdata;
    if (evaluated.failure !== undefined) this.#fail(evaluated.failure);
    else if (target !== undefined) return this.#flatten(target, 0, evaluated.ttlSeconds);
    else this.#deny(true);
    return false;
  }

  /** Goes on with the target of an ALIAS, whose addresses are to be answered as the name's own. */
  #flatten(target: Uint8Array, targetAt: number, ttlSeconds: number): boolean {
    if (!this.#image.isInZone(this.#zone, target, targetAt)) {
      this.#fail('an ALIAS leads out of the zone, and other zones are not asked');
      return false;
    }
    this.#limitTtl(ttlSeconds);
    this.#isFlattened = true;
    return this.#follow(target, targetAt);
  }

  /** The way is hidden, so that its shortest life is the answer's. */
  #limitTtl(ttlSeconds: number): void {
    this.#ttlLimit = this.#isFlattened ? Math.min(this.#ttlLimit, ttlSeconds) : ttlSeconds;
  }

  #fail(reason: string): void {
    this.failure = reason;
    this.rcode = rcode.servFail;
    this.isAuthoritative = false;
  }

  #answerAny(): void {
    if (!this.#writer.records(section.answer, this.#owner, this.#ownerAt, anyHead, anyData)) this.isTruncated = true;
  }

  /** Answers with what programs give now, beside the set's own records. */
  #answerDynamic(node: number, found: number, type: number): boolean {
    const evaluated = this.#evaluate(found);
    this.note = evaluated.note ?? this.note;
    if (evaluated.failure !== undefined) {
      this.#fail(evaluated.failure);
      return false;
    }
    const { rdata, ttlSeconds } = evaluated;
    const [first] = rdata;
    // Only health can have emptied it, so the denial is as short-lived as health (R14).
    if (first === undefined) {
      this.#deny(true);
      return false;
    }
    const isAlias = type === recordType.CNAME && this.#type !== recordType.CNAME;
    // A name has one CNAME or DNAME (RFC 2181 §10.1, RFC 6672 §2.4): resolvers refuse an answer with two.
    const isSingle = rdata.length > 1 && (type === recordType.CNAME || type === recordType.DNAME);
    this.#writeData(isAlias, { type, ttlSeconds }, isSingle ? [first] : rdata);
    if (isAlias) {
      return this.#type !== recordType.ANY && this.#follow(first, 0);
    }
    if (!this.#options.isMinimal) this.#addCourtesies(node, 0);
    return false;
  }

  #evaluate(found: number): EvaluatedRrset {
    const subject = this.#subject;
    subject.name = this.#name;
    subject.nameAt = this.#nameAt;
    const evaluated = this.#evaluated;
    evaluated.evaluate(this.#generation, found, subject);
    this.scopeBits = Math.max(this.scopeBits, evaluated.scopeBits);
    return evaluated;
  }

  /** Makes the target of an alias the name that is looked for; false at a loop, at the bound and outside the zone. */
  #follow(target: Uint8Array, targetAt: number): boolean {
    const isNew = this.#trail.add(this.#name, this.#nameAt, target, targetAt);
    if (this.isTruncated) return false;
    if (!isNew || !this.#image.isInZone(this.#zone, target, targetAt)) {
      if (this.#isFlattened) this.#fail('the target of an ALIAS is an alias that cannot be followed here');
      return false;
    }
    this.#name = target;
    this.#nameAt = targetAt;
    if (!this.#isFlattened) {
      this.#owner = target;
      this.#ownerAt = targetAt;
    }
    return true;
  }

  /** Rewrites a name below a DNAME and says so with a CNAME (RFC 6672 §2.2, §3.1). */
  #redirect(place: number): boolean {
    const image = this.#image;
    const found = image.findRrset(place, recordType.DNAME);
    let ttlSeconds = image.word(found + rrsetWord.ttl);
    let computed: ComputedTarget | undefined;
    if (image.programCount(found) > 0) {
      const evaluated = this.#evaluate(found);
      const [data] = evaluated.rdata;
      if (data === undefined) return this.#refuseRedirect(evaluated.failure);
      ({ ttlSeconds } = evaluated);
      computed = { data, ttlSeconds };
    }
    if (!this.#isFlattened && !this.isTruncated && !this.#redirects.write(place, computed)) this.isTruncated = true;
    const renamed = this.#redirects.rename(this.#name, this.#nameAt, place, computed);
    if (renamed === undefined) {
      if (this.#isFlattened) this.#fail('a DNAME makes the target of an ALIAS too long');
      else this.rcode = rcode.yxDomain;
      return false;
    }
    this.#writeData(true, { type: recordType.CNAME, ttlSeconds }, [renamed]);
    if (this.#type === recordType.CNAME) return false;
    return this.#follow(renamed, 0);
  }

  #refuseRedirect(failure: string | undefined): boolean {
    if (failure === undefined) this.#deny(true);
    else this.#fail(failure);
    return false;
  }

  #refer(place: number): void {
    const image = this.#image;
    if (this.#isFlattened) {
      this.#fail('an ALIAS leads below a delegation, and other servers are not asked');
      return;
    }
    if (this.#trail.length === 0) this.isAuthoritative = false;
    const ns = image.findRrset(place, recordType.NS);
    if (image.rowCount(ns) === 0) {
      this.#fail('the servers of a delegation that code computes are not told');
      return;
    }
    if (!this.isTruncated && !this.#referrals.write(this.#zone, place, ns)) this.isTruncated = true;
  }

  /** Adds the SOA of a negative answer; one that health can change lives only shortly (R14). */
  #deny(canHealthChange: boolean): void {
    if (this.isTruncated) return;
    let ttlSeconds = this.#image.word(this.#zone + zoneWord.negativeTtl);
    if (canHealthChange) ttlSeconds = Math.min(ttlSeconds, this.#generation.minimumTtlSeconds);
    if (this.#isFlattened) ttlSeconds = Math.min(ttlSeconds, this.#ttlLimit);
    if (!this.#denials.write(this.#zone, ttlSeconds, this.#query, this.#apexAt)) this.isTruncated = true;
  }

  #addCourtesies(node: number, found: number): void {
    addCourtesies({
      image: this.#image,
      writer: this.#writer,
      zone: this.#zone,
      labels: this.#labels,
      node,
      type: this.#type,
      found,
    });
  }

  /** Adds data that was made for this answer; the aliases on the way from an ALIAS stay unsaid. */
  #writeData(isAlias: boolean, head: RecordHead, data: readonly Uint8Array[]): void {
    if (isAlias && this.#isFlattened) {
      this.#limitTtl(head.ttlSeconds);
      return;
    }
    const limited =
      this.#isFlattened && this.#ttlLimit < head.ttlSeconds ? { ...head, ttlSeconds: this.#ttlLimit } : head;
    if (!this.#writer.records(section.answer, this.#owner, this.#ownerAt, limited, data)) this.isTruncated = true;
  }

  #writeSet(where: Section, owner: Uint8Array, ownerAt: number, found: number, type: number): void {
    if (this.isTruncated) return;
    const set = this.#fill(found, type);
    if (this.#isFlattened && this.#ttlLimit < this.#image.word(found + rrsetWord.ttl)) {
      set.overridesTtl = true;
      set.ttlSeconds = this.#ttlLimit;
    }
    if (this.#options.rotates && set.count > 1) set.firstRow = this.#turn++ % set.count;
    if (!this.#writer.rows(where, owner, ownerAt, set)) this.isTruncated = true;
  }

  #fill(found: number, type: number): RowSet {
    return fillRowSet(this.#set, this.#image, found, type);
  }
}
