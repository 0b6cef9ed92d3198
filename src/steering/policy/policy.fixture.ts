/** A small world for tests of policies: sites with what is up there, places of networks, and clients. */
import { ipBytes, parseIp, parsePrefix, ipPrefixMatcher } from '#base/ip.ts';
import type { Family, IpAddress } from '#base/ip.ts';
import { present } from '#base/assert.ts';
import { createPrng } from '#base/prng.ts';
import type { Prng } from '#base/prng.ts';
import { headerBytes, recordType } from '#dns/wire/constants.ts';
import type { Client } from '#dns/zone/dynamic.ts';
import type { Coordinates } from '#geo/distance.ts';
import type { GeoSource, Place } from '#geo/source.ts';
import { emptyLatencyTable, LatencyTable } from '#health/latency/table.ts';
import { subjectKey } from '#health/model.ts';
import { SteeringTable } from '../table.ts';
import type { SlotValue } from '../table.ts';
import { completeSteps } from './compile-steps.ts';
import { defaultWeight, endpointSlotKey, plainPolicy, serviceSlotKey } from './model.ts';
import type { PolicyMember, PolicyStep, ServicePolicy } from './model.ts';
import { steerSourceOf } from './source.ts';
import type { PolicyExplanation, PolicySteering } from './source.ts';

/** A slot of something that is up. */
export const upSlot: SlotValue = {
  answerable: true,
  changePending: false,
  unproven: false,
  withheld: false,
  frozen: false,
  failOpen: false,
  weight: defaultWeight,
  shed: 0,
};

/** A site of a service with an address in each family given; its number makes them distinct. */
export function siteMember(
  name: string,
  number: number,
  parts: { readonly families?: readonly Family[]; readonly location?: Coordinates; readonly service?: string } = {},
): Extract<PolicyMember, { kind: 'site' }> {
  const { families = [4, 6], location = { latitude: 0, longitude: 0 }, service = 'www' } = parts;
  return {
    kind: 'site',
    name,
    location,
    hostName: `${name}.example.com.`,
    endpoints: families.map((family) => ({
      subject: subjectKey(service, name, family),
      family,
      answer: address(family === 4 ? `192.0.2.${number}` : `2001:db8::${number.toString(16)}`),
      weight: defaultWeight,
    })),
  };
}

/** A policy of `www` over these members and steps, completed as the configuration does. */
export function policyOf(
  members: readonly PolicyMember[],
  steps: readonly PolicyStep[],
  parts: Partial<ServicePolicy> = {},
): ServicePolicy {
  return { ...plainPolicy('www', members), steps: completeSteps(steps), ...parts };
}

/** Parses an address that is one. */
export function address(text: string): IpAddress {
  return present(parseIp(text), `the address ${text}`);
}

/** A client that comes from an address. */
export function clientAt(text: string): Client {
  const octets = ipBytes(address(text));
  return {
    address: octets,
    addressBits: octets.length * 8,
    resolver: octets,
    name: Uint8Array.of(0),
    nameAt: 0,
    isTcp: false,
    dnssecOk: false,
    ednsUdpBytes: 0,
    query: new Uint8Array(headerBytes),
  };
}

/** Knows the places of these networks, the first that fits; none of the others. */
export function geoOf(networks: Readonly<Record<string, Place>>): GeoSource {
  const known = Object.entries(networks).map(([text, place]) => {
    const prefix = present(parsePrefix(text), `the prefix ${text}`);
    return { place, holds: ipPrefixMatcher(prefix), bits: Number(prefix.split('/')[1]) };
  });
  return {
    register: ({ classify }) => {
      const handle = {
        classes: [...new Set(known.map(({ place }) => classify(place))), classify({})],
        scopeBits: 0,
        find: (octets: Uint8Array): number => {
          const network = known.find(({ holds }) => holds(octets));
          handle.scopeBits = network?.bits ?? 0;
          return network === undefined ? handle.classes.length - 1 : handle.classes.indexOf(classify(network.place));
        },
      };
      return handle;
    },
    placeOf: () => undefined,
  };
}

/** What a world is built with. */
export interface WorldParts {
  readonly geo?: GeoSource;
  readonly prng?: Prng;
  readonly latency?: LatencyTable;
}

/** Services over a table that a test fills. */
export class World {
  readonly table: SteeringTable;
  readonly #slots: ReadonlyMap<string, number>;
  readonly #values: SlotValue[];
  readonly #use: (service: string, type: number) => PolicySteering | undefined;

  /** Everything is up in it; the first policy is the one that is asked. */
  constructor(
    services: readonly ServicePolicy[],
    { geo = geoOf({}), prng = createPrng(1), latency = new LatencyTable(emptyLatencyTable()) }: WorldParts = {},
  ) {
    const keys = services.flatMap(({ service, members }) => [
      serviceSlotKey(service),
      ...members.flatMap((member) =>
        member.kind === 'site' ? member.endpoints.map(({ subject }) => endpointSlotKey(subject)) : [],
      ),
    ]);
    this.#slots = new Map([...new Set(keys)].map((key, slot) => [key, slot]));
    this.#values = [...this.#slots.keys()].map((key) =>
      key.startsWith('service:') ? { ...upSlot, weight: 0 } : upSlot,
    );
    this.table = SteeringTable.create(this.#slots.size);
    this.table.publish(this.#values);
    const source = steerSourceOf({ services, table: this.table, slots: this.#slots, geo, prng, latency });
    this.#use = (service, type) => source.use(service, type);
  }

  /** Changes slots: an endpoint's (`www/fra/4`), all of a service at a site (`www/fra`), or a service's (`service:www`). */
  set(changes: Readonly<Record<string, Partial<SlotValue>>>): this {
    for (const [part, change] of Object.entries(changes)) {
      for (const [key, slot] of this.#slots) {
        const value = this.#values[slot];
        const isMeant = key === part || key.startsWith(`endpoint:${part}/`) || key === `endpoint:${part}`;
        if (value !== undefined && isMeant) this.#values[slot] = { ...value, ...change };
      }
    }
    this.table.publish(this.#values);
    return this;
  }

  /** The compiled steering of a service, `www` where none is named. */
  steering(type: number = recordType.A, service = 'www'): PolicySteering {
    return present(this.#use(service, type), `the steering of ${service}`);
  }

  /** One decision with its steps. */
  explain(from = '198.51.100.1', type: number = recordType.A): PolicyExplanation {
    return this.steering(type).explain(clientAt(from));
  }

  /** The names of the members that one decision answers. */
  answered(from = '198.51.100.1', type: number = recordType.A): readonly string[] {
    return namesOf(this.explain(from, type));
  }
}

/** The names of the members that were answered, in their order. */
export function namesOf({ answered }: PolicyExplanation): readonly string[] {
  return answered.map((text) => text.replace(/ .*/, ''));
}
