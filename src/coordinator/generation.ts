/**
 * One generation: everything that comes of one release and is replaced whole with it (zones, models, steering table).
 */
import type { Result } from '#base/result.ts';
import { succeed } from '#base/result.ts';
import type { Problem } from '#config/problem.ts';
import type { ReleaseFiles } from '#config/release-files.ts';
import { compileRelease } from '#config/release.ts';
import type { CompiledRelease } from '#config/release.ts';
import type { ZoneReadings } from '#config/zone-reader.ts';
import { present } from '#base/assert.ts';
import { ZoneImage } from '#dns/zone/image.ts';
import type { ZoneSummary } from '#dns/zone/image.ts';
import type { HealthModel } from '#health/model.ts';
import type { SharedGeneration } from '#serve/answering.ts';
import { SteeringSlots } from './steering-slots.ts';

/** A release, ready to run at this site. */
export interface Generation {
  readonly release: CompiledRelease;
  readonly health: HealthModel;
  readonly slots: SteeringSlots;
  /** What the threads that answer share. */
  readonly shared: SharedGeneration;
  readonly zones: readonly ZoneSummary[];
}

/** Builds a generation from a release whose zones were read and built. Returns every problem of every file otherwise. */
export function buildGeneration(
  files: ReleaseFiles,
  site: string,
  zones: ZoneReadings,
): Result<Generation, readonly Problem[]> {
  const release = compileRelease(files, { site, zones: zones.readings });
  if (!release.ok) return release;
  const image = present(zones.image, 'the image of zones that were read to be served');
  const slots = new SteeringSlots(zones.targets, release.value.steering.endpoints);
  const health = { ...release.value.health, probes: slots.probes() };
  const shared = { ...image, steering: slots.table.buffer, slots: slots.byTarget };
  return succeed({ release: release.value, health, slots, shared, zones: new ZoneImage(image.buffer).zones() });
}
