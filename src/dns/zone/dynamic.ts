/**
 * The seam to records that follow health: the zone loader compiles `LUA` records with a compiler that is passed in,
 * and answering evaluates what it made. The house's compiler is in the room `lua`.
 */
import type { Result } from '#base/result.ts';
import type { Name } from '../wire/name.ts';
import type { TextPosition } from './problem.ts';

/** Whom an answer is for and what was asked. Filled anew for each query, and valid during the call only. */
export interface Client {
  /**
   * The network that the query names (RFC 7871), its host bits zero, or else the address that it came from: 4 octets or
   * 16.
   */
  readonly address: Uint8Array;
  /** Bits of `address` that are told: all of them without a network. */
  readonly addressBits: number;
  /** The address that the query came from, 4 octets or 16. */
  readonly resolver: Uint8Array;
  /** The name that is looked up, the question's or an alias's target, at `nameAt` of these octets. */
  readonly name: Uint8Array;
  readonly nameAt: number;
  readonly isTcp: boolean;
  readonly dnssecOk: boolean;
  /** What the client takes over UDP by EDNS; 0 without EDNS. */
  readonly ednsUdpBytes: number;
  /** The query as it came, its header (RFC 1035 §4.1.1) at the start. */
  readonly query: Uint8Array;
}

/** Why an answer is not what health alone would give; told to the client as an extended error (RFC 8914). */
export type AnswerNote =
  /** Decided by a vantage that doubts itself: what it last believed (R5). */
  | 'frozen'
  /** Everything is down, which is more likely an error of our view: everything is answered (R8). */
  | 'failOpen';

/** What a dynamic record gives now. `changePending` shortens the TTL (R13); no records is NODATA. */
export type DynamicAnswer =
  | {
      readonly kind: 'records';
      readonly rdata: readonly Uint8Array[];
      readonly changePending: boolean;
      /** Bits of the client's address on which the answer may depend, whatever health is; 0 where on none (R15). */
      readonly scopeBits: number;
      readonly note?: AnswerNote | undefined;
    }
  | { readonly kind: 'failure'; readonly reason: string };

/** One step on the way to an answer, in words for people: what was looked at, and what came of it. */
export interface ExplainedStep {
  /** A word such as `place`, `health`, `tier` or `rule`. */
  readonly step: string;
  readonly text: string;
}

/** An answer and how it came about: the steps are told by the code that made this very answer. */
export interface ExplainedAnswer {
  readonly answer: DynamicAnswer;
  readonly steps: readonly ExplainedStep[];
}

/** A compiled record. `evaluate` and `explain` are synchronous and never throw. */
export interface DynamicRecord {
  /** The type of the records that it gives. */
  readonly type: number;
  /** What it gives holds until it is called again: the next answer may be written over it. */
  evaluate(client: Client): DynamicAnswer;
  /** Decides as `evaluate` does, and tells how. */
  explain?(client: Client): ExplainedAnswer;
}

/** The code of one `LUA` record and where it stands. */
export interface DynamicSource {
  readonly code: string;
  /** The type of the records that it is to give. */
  readonly type: number;
  readonly zone: Name;
  readonly owner: Name;
  readonly position: TextPosition;
  /** The zone's snippets, where it has any: one array for all sources of a zone. */
  readonly snippets?: readonly DynamicSnippet[];
}

/** Code that other records of its zone may include (`LUA LUA`). */
export interface DynamicSnippet {
  readonly owner: Name;
  readonly code: string;
}

/** Why code was refused; `offset` counts characters of `code`. */
export interface DynamicFault {
  readonly message: string;
  readonly offset: number;
}

/** Compiles the code of one record. Characters of `code` are bytes: those above U+00FF never occur. */
export type DynamicCompiler = (source: DynamicSource) => Result<DynamicRecord, DynamicFault>;
