/**
 * MaxMind DB files, format 2.0: what maps networks to values such as places. A file is a search tree, values, and
 * metadata at the end.
 *
 * A file is proved on opening: every network is visited and every value checked, so that whoever reads it afterwards
 * meets no fault, and a corrupt file is refused while the one before it stays. It takes time in proportion to the file,
 * for any octets. What the values mean is in place.ts.
 */
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { MmdbChecker } from './mmdb-check.ts';
import { MmdbFault } from './mmdb-cursor.ts';
import { isMmdbMap, MmdbData } from './mmdb-data.ts';
import type { MmdbFields, MmdbMap, MmdbValue } from './mmdb-data.ts';
import { MmdbTree, separatorOctets } from './mmdb-tree.ts';
import type { NetworkVisitor, WalkStop } from './mmdb-tree.ts';

/** What stands before the metadata. */
const marker = Uint8Array.from([0xab, 0xcd, 0xef, ...new TextEncoder().encode('MaxMind.com')]);
const maxMetadataOctets = 128 * 1024;

export interface MmdbMetadata {
  /** Such as `GeoIP2-City`. */
  readonly databaseType: string;
  readonly ipVersion: 4 | 6;
  readonly nodeCount: number;
  readonly recordBits: 24 | 28 | 32;
  /** When the file was made, in seconds since 1970. */
  readonly buildEpochSeconds: number;
}

/** What a file says of an address. */
export interface MmdbMatch {
  /** The value, as a key for `decode` and `pick`; undefined where the file knows nothing. */
  readonly value: number | undefined;
  /** Bits of the address that all addresses of the file's network share. */
  readonly length: number;
}

/** An open file, proved sound. */
export class MmdbFile {
  readonly file: string;
  readonly metadata: MmdbMetadata;
  readonly #tree: MmdbTree;
  readonly #data: MmdbData;

  constructor(file: string, metadata: MmdbMetadata, tree: MmdbTree, data: MmdbData) {
    this.file = file;
    this.metadata = metadata;
    this.#tree = tree;
    this.#data = data;
  }

  /** Looks up an address of 4 or 16 octets as it stands: IPv4 inside IPv6 is not unwrapped. */
  find(address: Uint8Array): MmdbMatch {
    const { valueAt, length } = this.#tree.find(address);
    return { value: valueAt, length };
  }

  /** A whole value. */
  decode(value: number): MmdbValue {
    return this.#data.decode(value);
  }

  /** A value with only the wanted keys of its maps. */
  pick(value: number, fields: MmdbFields): MmdbValue {
    return this.#data.pick(value, fields);
  }

  /** Visits all networks of IPv4 in the order of their addresses. */
  walkIpv4(visitor: NetworkVisitor): void {
    this.#tree.walkIpv4(visitor);
  }

  /** Visits all networks of IPv6 in the order of their addresses; those at which it stops count as unknown. */
  walkIpv6(stops: readonly WalkStop[], visitor: NetworkVisitor): void {
    this.#tree.walkIpv6(stops, visitor);
  }
}

/** Opens and proves a file; `file` names it in messages. The octets must not change afterwards. */
export function openMmdb(bytes: Uint8Array, file: string): Result<MmdbFile, string> {
  try {
    return succeed(open(bytes, file));
  } catch (error) {
    if (error instanceof MmdbFault) return refuse(`${file}: ${error.message}`);
    throw error;
  }
}

function open(bytes: Uint8Array, file: string): MmdbFile {
  const markerAt = findMarker(bytes);
  const metadataAt = markerAt + marker.length;
  const metadata = readMetadata(bytes, metadataAt);
  const tree = new MmdbTree(bytes, metadata.nodeCount, metadata.recordBits, metadata.ipVersion === 6 ? 128 : 32);
  const dataAt = tree.octets + separatorOctets;
  if (dataAt > markerAt) {
    const expected = `at most ${markerAt - separatorOctets}, what is before the metadata`;
    throw new MmdbFault(`${metadata.nodeCount} nodes are ${tree.octets} octets`, metadataAt, expected);
  }
  for (let at = tree.octets; at < dataAt; at++) {
    if (bytes[at] !== 0) throw new MmdbFault(`${bytes[at] ?? 0} between tree and data`, at, `${separatorOctets} zeros`);
  }
  const checker = new MmdbChecker(bytes, dataAt, markerAt);
  for (const value of tree.check(markerAt - dataAt)) checker.check(value);
  return new MmdbFile(file, metadata, tree, new MmdbData(bytes, dataAt, markerAt));
}

/** Where the last marker begins: values may hold one too. */
function findMarker(bytes: Uint8Array): number {
  const last = bytes.length - marker.length;
  for (let at = last; at >= Math.max(0, last - maxMetadataOctets); at--) {
    let length = 0;
    while (length < marker.length && bytes[at + length] === marker[length]) length++;
    if (length === marker.length) return at;
  }
  throw new MmdbFault('no metadata', bytes.length, `MaxMind.com in the last ${maxMetadataOctets} octets`);
}

function readMetadata(bytes: Uint8Array, at: number): MmdbMetadata {
  new MmdbChecker(bytes, at, bytes.length).check(at);
  const map = new MmdbData(bytes, at, bytes.length).decode(at);
  if (!isMmdbMap(map)) throw new MmdbFault('metadata that is no map', at, 'a map');
  const major = numberOf(map, 'binary_format_major_version', at);
  if (major !== 2) throw new MmdbFault(`format ${major}`, at, 'binary_format_major_version 2');
  const recordBits = numberOf(map, 'record_size', at);
  if (recordBits !== 24 && recordBits !== 28 && recordBits !== 32)
    throw new MmdbFault(`records of ${recordBits} bits`, at, 'record_size 24, 28 or 32');
  const ipVersion = numberOf(map, 'ip_version', at);
  if (ipVersion !== 4 && ipVersion !== 6) throw new MmdbFault(`IP version ${ipVersion}`, at, 'ip_version 4 or 6');
  const nodeCount = numberOf(map, 'node_count', at);
  if (nodeCount < 1) throw new MmdbFault(`${nodeCount} nodes`, at, 'node_count of at least 1');
  const databaseType = map.get('database_type');
  if (typeof databaseType !== 'string') throw new MmdbFault('no database_type', at, 'text');
  const buildEpochSeconds = numberOf(map, 'build_epoch', at);
  return { databaseType, ipVersion, nodeCount, recordBits, buildEpochSeconds };
}

function numberOf(map: MmdbMap, key: string, at: number): number {
  const value = map.get(key);
  if (typeof value !== 'number' && typeof value !== 'bigint') throw new MmdbFault(`no ${key}`, at, 'a number');
  return Number(value);
}
