/**
 * Probes into prefixes that this site does not announce (R9). Such a probe leads to another site, or nowhere: its
 * failure says nothing of what stands here, so that it is left out. Pure, but for what a release brings.
 */
import { prefixContains } from '#base/ip.ts';
import type { IpPrefix } from '#base/ip.ts';
import type { HealthInput, ProbeFinding } from '#health/engine.ts';
import type { HealthModel } from '#health/model.ts';
import type { PrefixPolicy } from '#steering/model.ts';

/** The checks of a release that lie in its prefixes. */
export class SuspendedProbes {
  #prefixes: ReadonlyMap<string, readonly IpPrefix[]> = new Map();

  /** Takes the checks and prefixes of a release. */
  replace({ subjects, references, probes }: HealthModel, policies: readonly PrefixPolicy[]): void {
    const checks = [...subjects.map(({ check }) => check), ...references, ...probes];
    this.#prefixes = new Map(
      checks.flatMap(({ id, address }) => {
        const around = policies.filter(({ prefix }) => prefixContains(prefix, address));
        return around.length === 0 ? [] : [[id, around.map(({ prefix }) => prefix)] as const];
      }),
    );
  }

  /** The input without failures that say nothing. */
  filter(input: HealthInput, isAnnounced: (prefix: IpPrefix) => boolean): HealthInput {
    if (this.#prefixes.size === 0) return input;
    const counts = ({ check, passed }: ProbeFinding): boolean =>
      passed || this.#prefixes.get(check)?.every(isAnnounced) !== false;
    if (input.kind === 'result') return counts(input) ? input : { kind: 'tick' };
    if (input.kind !== 'results') return input;
    return { ...input, results: input.results.filter(counts) };
  }
}
