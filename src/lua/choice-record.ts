/**
 * The usual records, one call with constant arguments: they answer from record data that was made when they were
 * compiled, and make nothing new for a query.
 */
import { familyOf } from '#base/ip.ts';
import type { IpAddress } from '#base/ip.ts';
import { recordType, typeName } from '#dns/wire/constants.ts';
import type { AnswerNote, Client, DynamicAnswer, DynamicRecord, ExplainedAnswer } from '#dns/zone/dynamic.ts';
import { parseAnswerText } from './answer-text.ts';
import type { Candidate, Choice } from './call.ts';
import { LuaFault } from './fault.ts';
import { explainWith } from './explain.ts';
import type { Run } from './run.ts';

/** An answer that is filled anew for each query. */
interface ReusedAnswer {
  readonly kind: 'records';
  rdata: readonly Uint8Array[];
  changePending: boolean;
  scopeBits: number;
  note: AnswerNote | undefined;
}

/** A choice as a record; what `evaluate` gives holds until it is called again. */
export class ChoiceRecord implements DynamicRecord {
  readonly type: number;
  readonly #choice: Choice;
  readonly #run: Run;
  /** By candidate; undefined for a fallback that is no data of this type. */
  readonly #rdata: readonly (Uint8Array | undefined)[];
  /** Answers of one record, by candidate. */
  readonly #singles: readonly (readonly Uint8Array[] | undefined)[];
  /** Answers of several are filled anew, and grow and shrink with what is up. */
  readonly #several: Uint8Array[] = [];
  readonly #answer: ReusedAnswer = {
    kind: 'records',
    rdata: [],
    changePending: false,
    scopeBits: 0,
    note: undefined,
  };

  /** Throws `LuaFault` where a candidate is no data of the type. */
  constructor(type: number, choice: Choice, run: Run) {
    this.type = type;
    this.#choice = choice;
    this.#run = run;
    this.#rdata = choice.candidates.map((candidate) => rdataOf(type, candidate, choice.areAddresses));
    this.#singles = this.#rdata.map((rdata) => (rdata === undefined ? undefined : [rdata]));
  }

  evaluate(client: Client): DynamicAnswer {
    const run = this.#run;
    const answer = this.#answer;
    run.start(client);
    this.#choice.choose(run);
    if (run.failure !== undefined) return { kind: 'failure', reason: run.failure };
    const rdata = run.count === 1 ? this.#singles[run.picked[0] ?? 0] : this.#collect();
    if (rdata === undefined) return { kind: 'failure', reason: 'the record gives nothing for this client' };
    answer.rdata = rdata;
    answer.changePending = run.changePending;
    answer.scopeBits = this.#choice.scope?.(client) ?? 0;
    answer.note = run.note;
    return answer;
  }

  #collect(): readonly Uint8Array[] | undefined {
    const { count, picked } = this.#run;
    const several = this.#several;
    for (let at = 0; at < count; at++) {
      const rdata = this.#rdata[picked[at] ?? 0];
      if (rdata === undefined) return undefined;
      several[at] = rdata;
    }
    if (several.length !== count) several.length = count;
    return several;
  }

  explain(client: Client): ExplainedAnswer {
    return explainWith(this.#run, this, client);
  }
}

/** The data of a candidate; throws `LuaFault` where it is none of this type. */
function rdataOf(type: number, { text, offset, isFallback }: Candidate, isAddress: boolean): Uint8Array | undefined {
  const parsed = parseAnswerText(type, text);
  if (isFallback === true) return parsed.ok ? parsed.value : undefined;
  if (isAddress && !fitsAddress(type, text)) {
    throw new LuaFault(`"${text}" cannot be the data of ${typeName(type)}: expected ${expectedFor(type)}`, offset);
  }
  if (parsed.ok) return parsed.value;
  throw new LuaFault(parsed.fault, offset);
}

/** An address reads as a name too, but as the data of CNAME or PTR it is none that anybody meant. */
function fitsAddress(type: number, text: string): boolean {
  // Callers have parsed it as an address.
  if (type === recordType.A) return familyOf(text as IpAddress) === 4;
  if (type === recordType.AAAA) return familyOf(text as IpAddress) === 6;
  return type === recordType.TXT;
}

function expectedFor(type: number): string {
  if (type === recordType.A) return 'an IPv4 address';
  return type === recordType.AAAA ? 'an IPv6 address' : 'LUA A, LUA AAAA or LUA TXT';
}
