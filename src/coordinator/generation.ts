/**
 * One generation: everything that comes of one release and is replaced whole with it (zones, models, steering table).
 */
import type { Prng } from '#base/prng.ts';
import { succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import type { Problem } from '#config/problem.ts';
import type { ReleaseFiles } from '#config/release-files.ts';
import { compileRelease } from '#config/release.ts';
import type { CompiledRelease } from '#config/release.ts';
import { createZoneReader } from '#config/zone-reader.ts';
import { createGeneration } from '#dns/answer/generation.ts';
import type { Generation as ZoneGeneration } from '#dns/answer/generation.ts';
import type { HealthModel } from '#health/model.ts';
import { SteeringSlots } from './steering-slots.ts';

/** A release, ready to run at this site. */
export interface Generation {
  readonly release: CompiledRelease;
  readonly health: HealthModel;
  readonly zones: ZoneGeneration;
  readonly slots: SteeringSlots;
}

/** For whom and as what a release is built. */
export interface GenerationOptions {
  readonly site: string;
  /** The serial of every zone: the release's sequence (R28). */
  readonly serial: number;
  readonly prng: Prng;
}

/** Builds a generation. Returns every problem of every file otherwise. */
export function buildGeneration(
  files: ReleaseFiles,
  options: GenerationOptions,
): Result<Generation, readonly Problem[]> {
  const slots = new SteeringSlots();
  const reader = createZoneReader({ health: slots, prng: options.prng, serial: options.serial });
  const release = compileRelease(files, { site: options.site, readZone: reader.read });
  if (!release.ok) return release;
  slots.seal(release.value.steering.endpoints);
  const health = { ...release.value.health, probes: slots.probes() };
  return succeed({ release: release.value, health, zones: createGeneration(reader.zones), slots });
}
