/** Records of code for tests, with health and places as a test sets them. */
import assert from 'node:assert/strict';
import type { IpAddress } from '#base/ip.ts';
import { createPrng } from '#base/prng.ts';
import { parseType } from '#dns/wire/constants.ts';
import { parseName, rootName } from '#dns/wire/name.ts';
import type { Name } from '#dns/wire/name.ts';
import { formatRdata } from '#dns/wire/rdata.ts';
import { clientFrom } from '#dns/zone/dynamic.fixture.ts';
import type { Client, DynamicAnswer, DynamicFault, DynamicRecord, DynamicSource } from '#dns/zone/dynamic.ts';
import type { Result } from '#base/result.ts';
import type { GeoDistinction, GeoHandle, GeoSource, Place } from '#geo/source.ts';
import { unknownGeo } from '#geo/unknown.ts';
import type { LuaServices } from './call.ts';
import { createLuaCompiler } from './compiler.ts';
import type { HealthHandle, HealthReading, HealthSource, HealthTarget } from './health.ts';
import { noServices } from './steer.ts';
import type { Steering } from './steer.ts';

/** Health as a test sets it, by address; what it does not name is as `otherwise` says. */
export class FakeHealth implements HealthSource {
  readonly targets: HealthTarget[] = [];
  readonly states = new Map<string, HealthReading['state']>();
  readonly weights = new Map<string, number>();
  readonly withheld = new Set<string>();
  readonly #otherwise: HealthReading['state'];

  constructor(otherwise: HealthReading['state'] = 'up') {
    this.#otherwise = otherwise;
  }

  register(target: HealthTarget): HealthHandle {
    this.targets.push(target);
    const { address } = target;
    return {
      read: () => ({
        state: this.states.get(address) ?? this.#otherwise,
        changePending: false,
        withheld: this.withheld.has(address),
      }),
      weight: () => this.weights.get(address) ?? 0,
    };
  }
}

/** Places by the first octet of IPv4 addresses; the scope of one that is known is 8, of others 4. */
export class FakeGeo implements GeoSource {
  readonly distinctions: GeoDistinction[] = [];
  readonly #places: ReadonlyMap<number, Place>;

  constructor(places: Readonly<Record<number, Place>>) {
    this.#places = new Map(Object.entries(places).map(([octet, place]) => [Number(octet), place]));
  }

  register(distinction: GeoDistinction): GeoHandle {
    this.distinctions.push(distinction);
    const nothing = distinction.classify({});
    const classes = [...new Set([...this.#places.values()].map(distinction.classify)), nothing];
    let scopeBits = 0;
    return {
      classes,
      find: (address) => {
        const place = this.#places.get(address[0] ?? 0);
        scopeBits = place === undefined ? 4 : 8;
        return classes.indexOf(place === undefined ? nothing : distinction.classify(place));
      },
      get scopeBits() {
        return scopeBits;
      },
    };
  }

  placeOf(address: IpAddress): Place | undefined {
    return this.#places.get(Number(address.split('.')[0]));
  }
}

/** A policy that answers as a test says, with a scope of its own. */
export function steeringOf(decide: (client: Client) => DynamicAnswer, scopeBits = 0): Steering {
  return Object.assign((client: Client) => decide(client), { scopeBits: () => scopeBits });
}

export type CompileOptions = Partial<LuaServices> & {
  readonly type?: string;
  readonly owner?: string;
  readonly snippets?: Readonly<Record<string, string>>;
};

/** Compiles code in the zone example.org. */
export function compileCode(code: string, options: CompileOptions = {}): Result<DynamicRecord, DynamicFault> {
  return createLuaCompiler(servicesOf(options))(sourceOf(code, options));
}

/** Compiles records that one compiler makes, of code that is known to be sound. */
export function recordsOf(codes: readonly string[], options: CompileOptions = {}): readonly DynamicRecord[] {
  const compile = createLuaCompiler(servicesOf(options));
  return codes.map((code) => {
    const compiled = compile(sourceOf(code, options));
    assert.ok(compiled.ok, code);
    return compiled.value;
  });
}

function servicesOf(options: CompileOptions): LuaServices {
  return { health: new FakeHealth(), geo: unknownGeo, steer: noServices, prng: createPrng(1), ...options };
}

function sourceOf(code: string, options: CompileOptions): DynamicSource {
  const { type = 'A', owner = 'www.example.org', snippets } = options;
  return {
    code,
    type: parseType(type) ?? 0,
    zone: nameOf('example.org'),
    owner: nameOf(owner),
    position: { file: 'zone', line: 1, column: 1 },
    ...(snippets === undefined
      ? {}
      : {
          snippets: Object.entries(snippets).map(([label, text]) => ({
            owner: nameOf(`${label}.example.org`),
            code: text,
          })),
        }),
  };
}

/** Compiles code that is known to be sound. */
export function recordOf(code: string, options: CompileOptions = {}): DynamicRecord {
  const compiled = compileCode(code, options);
  assert.ok(compiled.ok, compiled.ok ? '' : `${code}: ${compiled.fault.message}`);
  return compiled.value;
}

/** A client at an address that asks for a name. */
export function asking(name: string, address = '198.51.100.7', more: Partial<Client> = {}): Client {
  return clientFrom(address, { name: nameOf(name), ...more });
}

/** What a record answers, as text: its data with spaces between, or why it fails. */
export function answerOf(record: DynamicRecord, client: Client = asking('www.example.org')): string {
  const answer = record.evaluate(client);
  if (answer.kind === 'failure') return `failure: ${answer.reason}`;
  return answer.rdata.map((data) => formatRdata(record.type, data)).join(' ');
}

/** Everything that a record answers in many draws, sorted. */
export function answersOf(record: DynamicRecord, client?: Client): readonly string[] {
  return [...new Set(Array.from({ length: 300 }, () => answerOf(record, client)))].toSorted();
}

/** A name from text. */
export function nameOf(text: string): Name {
  const name = parseName(text);
  return name.ok ? name.value : rootName;
}
