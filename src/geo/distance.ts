/** Distances on the sphere, for choosing what is near. The Earth's flattening, up to 0.5 %, is left out. */

/** The mean radius of the Earth (IUGG). */
const earthRadiusKm = 6371.0088;

/** A point on the Earth in degrees: latitude north, longitude east. */
export interface Coordinates {
  readonly latitude: number;
  readonly longitude: number;
}

/** The great-circle distance in kilometres (haversine formula), from 0 to 20,015.2. */
export function distanceKm(from: Coordinates, to: Coordinates): number {
  const radians = Math.PI / 180;
  const halfLatitude = Math.sin(((to.latitude - from.latitude) * radians) / 2);
  const halfLongitude = Math.sin(((to.longitude - from.longitude) * radians) / 2);
  const cosines = Math.cos(from.latitude * radians) * Math.cos(to.latitude * radians);
  const haversine = halfLatitude * halfLatitude + cosines * halfLongitude * halfLongitude;
  // Rounding can bring opposite points a little above 1.
  return 2 * earthRadiusKm * Math.asin(Math.sqrt(Math.min(1, haversine)));
}
