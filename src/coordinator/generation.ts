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
import { setSerials } from '#dns/zone/image-builder.ts';
import { ZoneImage } from '#dns/zone/image.ts';
import type { ZoneSummary } from '#dns/zone/image.ts';
import type { HealthModel } from '#health/model.ts';
import { targetKey } from '#lua/health.ts';
import type { HealthTarget } from '#lua/health.ts';
import type { SharedGeneration } from '#serve/answering.ts';
import { SteeringSlots } from './steering-slots.ts';

/** A release, ready to run at this site. */
export interface Generation {
  readonly release: CompiledRelease;
  readonly health: HealthModel;
  readonly slots: SteeringSlots;
  /** What records want checked, in the order of their slots. */
  readonly targets: readonly HealthTarget[];
  /** What the threads that answer share. */
  readonly shared: SharedGeneration;
  readonly zones: readonly ZoneSummary[];
}

/**
 * Builds a generation from a release that was accepted and whose zones were read; their image becomes the generation's
 * own, with this serial in every zone (R28). Returns every problem of every file that keeps it from running otherwise.
 */
export function buildGeneration(
  files: ReleaseFiles,
  { site, serial, zones }: { readonly site: string; readonly serial: number; readonly zones: ZoneReadings },
): Result<Generation, readonly Problem[]> {
  const release = compileRelease(files, { site, zones: zones.readings, wasAccepted: true });
  if (!release.ok) return release;
  const { image } = zones;
  setSerials(image, serial);
  const services = [...release.value.services.values()];
  const slots = new SteeringSlots(zones.targets, release.value.steering.endpoints, services);
  const shared = { ...image, steering: slots.table.buffer, slots: slots.byTarget, services, geo: zones.geo };
  return succeed({
    release: release.value,
    health: { ...release.value.health, probes: slots.probes() },
    slots,
    targets: zones.targets,
    shared,
    zones: new ZoneImage(image.buffer).zones(),
  });
}

/** The same generation with further targets, which records asked for as they ran. */
export function extendGeneration(generation: Generation, wanted: readonly HealthTarget[]): Generation {
  if (wanted.length === 0) return generation;
  const { release, shared } = generation;
  const targets = new Map([...generation.targets, ...wanted].map((target) => [targetKey(target), target]));
  const slots = new SteeringSlots([...targets.values()], release.steering.endpoints, shared.services);
  return {
    ...generation,
    health: { ...release.health, probes: slots.probes() },
    slots,
    targets: [...targets.values()],
    shared: { ...shared, steering: slots.table.buffer, slots: slots.byTarget },
  };
}
