/** Questions about the server itself: `id.server` and `version.bind` with their older names, class CH (RFC 4892). */
import { recordType } from '../wire/constants.ts';
import { equalNamesAt, parseName } from '../wire/name.ts';
import { headerBytes } from '../wire/constants.ts';
import { present } from '#base/assert.ts';

/** What is told; what is absent is refused. At most 255 octets each. */
export interface ChaosTexts {
  readonly idServer?: string;
  readonly version?: string;
}

const names = new Map<keyof ChaosTexts, readonly Uint8Array[]>([
  ['idServer', ['id.server.', 'hostname.bind.'].map(wireName)],
  ['version', ['version.server.', 'version.bind.'].map(wireName)],
]);

function wireName(text: string): Uint8Array {
  const parsed = parseName(text);
  return present(parsed.ok ? parsed.value : undefined, `the name ${text}`);
}

/** The TXT data that answers the question whose name ends at `nameEnd`; undefined where nothing is told. */
export function findChaosText(
  texts: ChaosTexts,
  query: Uint8Array,
  nameEnd: number,
  type: number,
): Uint8Array | undefined {
  if (type !== recordType.TXT && type !== recordType.ANY) return undefined;
  for (const [key, known] of names) {
    const text = texts[key];
    if (text === undefined) continue;
    if (known.some((name) => name.length === nameEnd - headerBytes && equalNamesAt(name, 0, query, headerBytes))) {
      const encoded = new TextEncoder().encode(text).subarray(0, 255);
      return Uint8Array.of(encoded.length, ...encoded);
    }
  }
  return undefined;
}
