/**
 * What was chosen as record data: A, AAAA, CNAME, HTTPS and SVCB with hints of the same choice (R2, RFC 9460 §7.3), and
 * TXT for people. Data is built once; an answer is refilled for each query.
 */
import { assert } from '#base/assert.ts';
import type { Family } from '#base/ip.ts';
import { recordType } from '#dns/wire/constants.ts';
import { parseRdata } from '#dns/wire/rdata.ts';
import type { AnswerNote, DynamicAnswer } from '#dns/zone/dynamic.ts';
import type { ServiceBinding } from './model.ts';
import type { AnsweredEndpoint, Chosen } from './site-member.ts';

const bothFamilies: readonly Family[] = [4, 6];

const familiesByType: ReadonlyMap<number, readonly Family[]> = new Map([
  [recordType.A, [4]],
  [recordType.AAAA, [6]],
  [recordType.CNAME, bothFamilies],
  [recordType.HTTPS, bothFamilies],
  [recordType.SVCB, bothFamilies],
  [recordType.TXT, bothFamilies],
]);

/** The types of records that services give, as people write them. */
export const steeredTypes: readonly string[] = ['A', 'AAAA', 'CNAME', 'HTTPS', 'SVCB', 'TXT'];

/** The families that an answer of this type speaks of; undefined for a type that services do not give. */
export function familiesOf(type: number): readonly Family[] | undefined {
  return familiesByType.get(type);
}

/** Turns choices into answers of one type. The answer is valid until the next. */
export class AnswerBuilder {
  readonly #answer: RefilledAnswer = {
    kind: 'records',
    rdata: [],
    changePending: false,
    scopeBits: 0,
    note: undefined,
  };
  readonly #fill: Filler;

  constructor(type: number, binding: ServiceBinding) {
    this.#fill = fillerOf(type, binding);
  }

  build(chosen: Chosen, scopeBits: number, isReturning: boolean): DynamicAnswer {
    const answer = this.#answer;
    const count = this.#fill(chosen, answer.rdata);
    if (answer.rdata.length !== count) answer.rdata.length = count;
    answer.scopeBits = scopeBits;
    // Nothing to answer while another family lives, or by choice, may end at any moment (R2, R14).
    answer.changePending = isReturning || chosen.isChanging || count === 0;
    answer.note = chosen.isFrozen ? 'frozen' : chosen.isFailOpen ? 'failOpen' : undefined;
    return answer;
  }
}

/** The one answer of a builder, which is written over. */
interface RefilledAnswer {
  readonly kind: 'records';
  readonly rdata: Uint8Array[];
  changePending: boolean;
  scopeBits: number;
  note: AnswerNote | undefined;
}

/** Puts the data of what was chosen at the head of a list; returns how many there are. */
type Filler = (chosen: Chosen, rdata: Uint8Array[]) => number;

function fillerOf(type: number, binding: ServiceBinding): Filler {
  switch (type) {
    case recordType.A:
    case recordType.AAAA:
      return fillAddresses;
    case recordType.CNAME:
      return fillAlias();
    case recordType.HTTPS:
    case recordType.SVCB:
      return fillBinding(type, binding);
    default:
      return fillTexts;
  }
}

function fillAddresses({ endpoints, count }: Chosen, rdata: Uint8Array[]): number {
  for (let index = 0; index < count; index++) {
    const endpoint = endpoints[index];
    if (endpoint !== undefined) rdata[index] = endpoint.octets;
  }
  return count;
}

function fillTexts({ endpoints, count }: Chosen, rdata: Uint8Array[]): number {
  for (const [index, { member, address }] of endpoints.slice(0, count).entries()) {
    rdata[index] = dataOf(recordType.TXT, [`${member} ${address}`]);
  }
  return count;
}

/** An alias has one target: the first that has a name. */
function fillAlias(): Filler {
  const targets = new Map<string, Uint8Array>();
  return ({ endpoints, count }, rdata) => {
    for (let index = 0; index < count; index++) {
      const hostName = endpoints[index]?.hostName;
      if (hostName === undefined) continue;
      let target = targets.get(hostName);
      if (target === undefined) {
        target = dataOf(recordType.CNAME, [hostName]);
        targets.set(hostName, target);
      }
      rdata[0] = target;
      return 1;
    }
    return 0;
  };
}

/** As many different choices are kept as data at most. */
const maxBindings = 1000;

/** One record at the owner's own name, whose hints are all that was chosen. */
function fillBinding(type: number, { alpn, port }: ServiceBinding): Filler {
  const built = new Map<string, Uint8Array>();
  const fixed = ['1', '.', ...(alpn.length === 0 ? [] : [`alpn=${alpn.join(',')}`])];
  if (port !== undefined) fixed.push(`port=${port}`);
  return ({ endpoints, count }, rdata) => {
    if (count === 0) return 0;
    let key = '';
    for (let index = 0; index < count; index++) key += `${endpoints[index]?.number ?? ''},`;
    let data = built.get(key);
    if (data === undefined) {
      const chosen = endpoints.slice(0, count);
      data = dataOf(type, [...fixed, ...hints(chosen, 4, 'ipv4hint'), ...hints(chosen, 6, 'ipv6hint')]);
      if (built.size === maxBindings) built.clear();
      built.set(key, data);
    }
    rdata[0] = data;
    return 1;
  };
}

function hints(chosen: readonly AnsweredEndpoint[], family: Family, name: string): readonly string[] {
  const addresses = new Set(chosen.filter((each) => each.family === family).map(({ address }) => address));
  return addresses.size === 0 ? [] : [`${name}=${[...addresses].join(',')}`];
}

function dataOf(type: number, texts: readonly string[]): Uint8Array {
  const data = parseRdata(
    type,
    texts.map((text) => ({ text, quoted: type === recordType.TXT })),
  );
  assert(data.ok, `${texts.join(' ')} is the data of a record`);
  return data.value;
}
