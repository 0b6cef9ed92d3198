/** `fairlead explain`: answers a question in this thread as the serving threads would, and tells how (answer/explain.ts). */
import type { ApiFault } from '#api/fault.ts';
import type { Explanation } from '#api/explanation.ts';
import type { ExplainRequest } from '#api/requests.ts';
import { basename, isAbsolute } from 'node:path';
import { familyOf, formatIp, ipBytes, parseIp, parsePrefix, prefixParts } from '#base/ip.ts';
import type { IpAddress } from '#base/ip.ts';
import type { Prng } from '#base/prng.ts';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { explainAnswer } from '#dns/answer/explain.ts';
import type { Generation } from '#dns/answer/generation.ts';
import type { ExplainedReply } from '#dns/answer/explain.ts';
import { parseType, rcodeName, typeName } from '#dns/wire/constants.ts';
import { formatRecord } from '#dns/wire/message.ts';
import { formatName, parseName } from '#dns/wire/name.ts';
import type { GeoFinding } from '#geo/atlas.ts';
import { LatencyTable } from '#health/latency/table.ts';
import { openGeneration } from '#serve/answering.ts';
import type { SharedGeneration } from '#serve/answering.ts';

/** What questions are explained with. */
export interface ExplainContext {
  /** What is known of where an address is, those first that win. */
  readonly findingsOf: (address: IpAddress) => Promise<readonly GeoFinding[]>;
  readonly prng: Prng;
  /** The table of round trips that serving threads have. */
  readonly latency: SharedArrayBuffer;
  readonly unixMs: number;
  readonly isMinimal: boolean;
  /** Steps that the code of a record may take for one answer. */
  readonly stepLimit: number;
}

/** Explains questions; the programs of a generation are compiled here at its first question. */
export class Explainer {
  #opened:
    { readonly shared: SharedGeneration; readonly generation: Generation; readonly latency: LatencyTable } | undefined;

  /** Explains one question, or says what is wrong with it. */
  async explain(
    request: ExplainRequest,
    shared: SharedGeneration,
    context: ExplainContext,
  ): Promise<Result<Explanation, ApiFault>> {
    const name = parseName(request.name);
    if (!name.ok) return refuse(badRequest(`'${request.name}' is not a name: ${name.fault}`));
    const type = parseType(request.type.toUpperCase());
    if (type === undefined) return refuse(badRequest(`'${request.type}' is not a record type: expected one such as A`));
    const from = parseFrom(request.from);
    if (from === undefined) {
      const expected = 'expected one such as 198.51.100.7, 198.51.100.0/24 or 2001:db8::/48';
      return refuse(badRequest(`'${request.from}' is not an address or a network: ${expected}`));
    }
    const { unixMs, isMinimal } = context;
    const generation = this.#open(shared, context);
    const explained = explainAnswer(generation, { name: name.value, type, ...from, unixMs }, { isMinimal });
    const asked = { question: `${formatName(name.value)} ${typeName(type)}`, from: request.from };
    const place = (await context.findingsOf(formatIp(from.address))).map(describeFinding);
    return succeed({ ...asked, place, ...describe(from.address, explained) });
  }

  #open(shared: SharedGeneration, { prng, latency: buffer, stepLimit }: ExplainContext): Generation {
    if (this.#opened?.shared !== shared) {
      const latency = new LatencyTable(buffer);
      const generation = openGeneration(shared, { prng, latency, tell: () => undefined, stepLimit });
      this.#opened = { shared, generation, latency };
    }
    this.#opened.latency.replace(buffer);
    return this.#opened.generation;
  }
}

function parseFrom(text: string): { readonly address: Uint8Array; readonly bits: number } | undefined {
  const address = parseIp(text);
  if (address !== undefined) return { address: ipBytes(address), bits: familyOf(address) === 4 ? 32 : 128 };
  const prefix = parsePrefix(text);
  if (prefix === undefined) return undefined;
  const { bytes, length } = prefixParts(prefix);
  return { address: bytes, bits: length };
}

function describeFinding({ from, length, place }: GeoFinding): Explanation['place'][number] {
  const { continent, country, region, city, latitude, longitude, asn, asName } = place;
  const coordinates = latitude === undefined ? undefined : `${latitude} ${longitude ?? ''}`;
  const number = asn === undefined ? undefined : `AS${asn}`;
  const known = [continent, country, region, city, coordinates, number, asName].filter((part) => part !== undefined);
  // A database is a path, a net a prefix.
  return { from: isAbsolute(from) ? basename(from) : from, prefixLength: length, text: known.join(', ') };
}

function describe(address: Uint8Array, explained: ExplainedReply): Omit<Explanation, 'question' | 'from' | 'place'> {
  const { zone, programs, reply, scopeBits, note } = explained;
  return {
    ...(zone === undefined ? {} : { zone: { name: formatName(zone.apex), serial: zone.serial } }),
    records: programs.map(({ source, answer, steps }) => ({
      file: source.position.file,
      line: source.position.line,
      type: typeName(source.type),
      code: source.code,
      ...(answer.kind === 'failure' ? { failure: answer.reason } : {}),
      steps: [...steps],
    })),
    rcode: rcodeName(reply.rcode),
    answer: reply.answers.map(formatRecord),
    authority: reply.authorities.map(formatRecord),
    scope: `${formatIp(network(address, scopeBits))}/${scopeBits}`,
    ...(note === undefined ? {} : { note }),
  };
}

/** The address with every bit after the first `bits` cleared. */
function network(address: Uint8Array, bits: number): Uint8Array {
  return address.map((octet, index) => octet & (0xff00 >> Math.min(8, Math.max(0, bits - index * 8))));
}

function badRequest(message: string): ApiFault {
  return { status: 400, code: 'bad-request', message };
}
