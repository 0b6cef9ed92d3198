/**
 * The services that records steer by, while zones are read: which record uses which service, for the checks of the
 * release, and what their policies ask of places, for the tables of this release.
 */
import { createPrng } from '#base/prng.ts';
import { typeName } from '#dns/wire/constants.ts';
import type { DynamicAnswer } from '#dns/zone/dynamic.ts';
import type { TextPosition } from '#dns/zone/problem.ts';
import type { GeoSource } from '#geo/source.ts';
import type { GeoNet } from '#geo/atlas.ts';
import type { Steering, SteerSource } from '#lua/steer.ts';
import type { ServicePolicy } from '#steering/policy/model.ts';
import { steerSourceOf } from '#steering/policy/source.ts';
import { SteeringTable } from '#steering/table.ts';
import { parsePolicies } from './policy.ts';
import type { ReleaseFiles } from './release-files.ts';
import { compileServices } from './service-policy.ts';
import { parseSite } from './site.ts';
import type { SteerUse } from './zone-facts.ts';

/** What the release's files say that records read, as far as they are sound: what is not is told by release.ts. */
export interface SteeringFiles {
  readonly services: readonly ServicePolicy[];
  readonly nets: readonly GeoNet[];
}

/** Reads services and nets of a release; none where one of its files is broken. */
export function readSteering(files: ReleaseFiles): SteeringFiles {
  const under = (folder: string): readonly (readonly [string, string])[] =>
    [...files].filter(([path]) => path.startsWith(folder) && path.endsWith('.yaml'));
  const policy = parsePolicies(new Map(under('zones/')));
  const sites = under('sites/').map(([file, text]) => parseSite(file, text));
  const sound = sites.flatMap((site) => (site.ok ? [site.value] : []));
  if (!policy.ok || sound.length < sites.length) return { services: [], nets: [] };
  const { policies, problems } = compileServices(sound, policy.value);
  const nets = policy.value.nets.map(({ prefix, known }) => ({ prefix, place: known }));
  return { services: problems.length > 0 ? [] : [...policies.values()], nets };
}

/** Nobody asks while zones are read. */
const unanswered: Steering = Object.assign(
  (): DynamicAnswer => ({ kind: 'records', rdata: [], changePending: true, scopeBits: 0 }),
  { scopeBits: () => 0 },
);

/** What records use while they are compiled. */
export class ZoneSteering {
  /** For the compiler of records. */
  readonly source: SteerSource;
  readonly #uses: SteerUse[] = [];
  #position: TextPosition = { file: '', line: 0, column: 0 };

  constructor(services: readonly ServicePolicy[], geo: GeoSource) {
    const table = SteeringTable.create(0);
    const policies = steerSourceOf({ services, table, slots: new Map(), geo, prng: createPrng(0) });
    this.source = {
      use: (service, type) => {
        this.#uses.push({ service, type: typeName(type), ...this.#position });
        // Using it asks of places what its steps tell apart. What cannot be used is told with all files at hand.
        policies.use(service, type);
        return unanswered;
      },
      // Which one, only the query says: the tables of places are to serve them all.
      mayUseAny: (type) => {
        for (const { service } of services) policies.use(service, type);
      },
    };
  }

  /** Says where the code stands that is compiled next. */
  at({ file, line, column }: TextPosition): void {
    this.#position = { file, line, column };
  }

  /** What was used since the last call. */
  takeUses(): readonly SteerUse[] {
    return this.#uses.splice(0);
  }
}
