/**
 * Which candidates are nearest to whom, as PowerDNS 5.1 measures it: the square of the differences in degrees, across the
 * antimeridian too; who or what is of no known place is at 0, 0.
 *
 * Clients are told apart only by the order of the candidates that follows for them (R15).
 */
import { ipBytes } from '#base/ip.ts';
import type { IpAddress } from '#base/ip.ts';
import type { GeoHandle, GeoSource, Place } from '#geo/source.ts';
import type { Run } from '../run.ts';
import type { ScopeOf } from '../scope.ts';

interface Coordinates {
  readonly latitude: number;
  readonly longitude: number;
}

/** The square of the distance in degrees. */
export function squaredDegrees(a: Coordinates, b: Coordinates): number {
  const latitude = a.latitude - b.latitude;
  const across = Math.abs(a.longitude - b.longitude);
  const longitude = Math.min(across, 360 - across);
  return latitude * latitude + longitude * longitude;
}

/** Where a place is; 0, 0 where that is not known. */
export function coordinatesOf(place: Place | undefined): Coordinates {
  return { latitude: place?.latitude ?? 0, longitude: place?.longitude ?? 0 };
}

/** The nearest of candidates that are known when a record is compiled. */
export class Nearness {
  readonly #handle: GeoHandle;
  /** The rank of each candidate by class, read when the class is first met: equally near ones have the same. */
  readonly #ranks: Uint16Array[] = [];
  readonly scope: ScopeOf;

  /** `onlyNearest` tells no more clients apart than who is nearest needs, where every candidate can be given. */
  constructor(geo: GeoSource, addresses: readonly IpAddress[], onlyNearest: boolean) {
    const places = addresses.map((address) => coordinatesOf(geo.placeOf(address)));
    const where = places.map(({ latitude, longitude }) => `${latitude},${longitude}`).join(' ');
    const handle = geo.register({
      key: `lua nearness ${onlyNearest ? 'nearest' : 'order'} ${where}`,
      classify: (place) => ranksFrom(coordinatesOf(place), places, onlyNearest).join(','),
    });
    this.#handle = handle;
    this.scope = ({ address }) => {
      handle.find(address);
      return handle.scopeBits;
    };
  }

  /** Picks one of the nearest of the first `count` of `indexes`, by chance where several are. */
  pick(run: Run, indexes: Int32Array, count: number): void {
    const ranks = this.#ranksOf(this.#handle.find(run.client.address));
    let best = 0xffff;
    let ties = 0;
    for (let at = 0; at < count; at++) {
      const rank = ranks[indexes[at] ?? 0] ?? 0;
      if (rank < best) {
        best = rank;
        ties = 0;
      }
      if (rank === best) ties++;
    }
    let skip = ties > 1 ? run.prng.below(ties) : 0;
    for (let at = 0; at < count; at++) {
      const index = indexes[at] ?? 0;
      if ((ranks[index] ?? 0) === best && skip-- === 0) {
        run.pick(index);
        return;
      }
    }
  }

  #ranksOf(placeClass: number): Uint16Array {
    const known = this.#ranks[placeClass];
    if (known !== undefined) return known;
    const ranks = Uint16Array.from((this.#handle.classes[placeClass] ?? '').split(','), Number);
    this.#ranks[placeClass] = ranks;
    return ranks;
  }
}

function ranksFrom(client: Coordinates, places: readonly Coordinates[], onlyNearest: boolean): readonly number[] {
  const distances = places.map((place) => squaredDegrees(client, place));
  const order = [...new Set(distances)].sort((a, b) => a - b);
  return distances.map((distance) => Math.min(order.indexOf(distance), onlyNearest ? 1 : 0xffff));
}

/** The octets of an address, for looking up where it is. */
export function bytesOf(address: IpAddress): Uint8Array {
  return ipBytes(address);
}
