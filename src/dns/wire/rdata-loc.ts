/**
 * LOC: a place on earth and how large and how exactly known it is (RFC 1876 §2, §3). Version 0 only.
 *
 * Sizes have one decimal digit and an exponent on the wire; more digits in text are cut off, as the RFC's code does.
 */
import { parseInteger, unexpected } from './rdata-codec.ts';
import type { Field, TextCursor, WireCursor } from './rdata-codec.ts';

/** The equator, and the prime meridian, in thousandths of a second of arc. */
const zeroAngle = 0x8000_0000;
const degree = 3_600_000;
/** Altitude 0 of the wire in centimetres: 100 km below the reference. */
const lowestCentimetres = 10_000_000;
const maxSizeCentimetres = 9_000_000_000;
/** Sizes where none are given: 1 m, 10 km and 10 m. */
const defaultSizes = [0x12, 0x16, 0x13] as const;
const locBytes = 16;

/** The whole of a LOC record. */
export const location: Field = {
  parse(text) {
    const latitude = parseAngle(text, 90, ['N', 'S']);
    const longitude = parseAngle(text, 180, ['E', 'W']);
    const altitude = parseMetres(text, 'an altitude', -lowestCentimetres, 0xffff_ffff - lowestCentimetres);
    const sizes = defaultSizes.map((size, index) => {
      if (text.isAtEnd) return size;
      const title = ['a size', 'a horizontal precision', 'a vertical precision'][index] ?? '';
      return encodeSize(parseMetres(text, title, 0, maxSizeCentimetres));
    });
    text.out.u8(0);
    for (const size of sizes) text.out.u8(size);
    text.out.u32(latitude);
    text.out.u32(longitude);
    text.out.u32(altitude + lowestCentimetres);
  },
  format(wire) {
    wire.at++;
    const sizes = [wire.integer(1), wire.integer(1), wire.integer(1)].map(formatSize);
    const place = [formatAngle(wire, 'N', 'S'), formatAngle(wire, 'E', 'W')];
    const altitude = formatMetres(wire.integer(4) - lowestCentimetres, 2);
    return [...place, altitude, ...sizes].join(' ');
  },
  measure(bytes, at, end) {
    if (end - at < locBytes || bytes[at] !== 0) return -1;
    const view = new DataView(bytes.buffer, bytes.byteOffset + at, locBytes);
    for (let index = 1; index <= 3; index++) {
      const power = view.getUint8(index);
      if (power >> 4 > 9 || (power & 0xf) > 9 || (power >> 4 === 0 && power !== 0)) return -1;
    }
    const isLatitude = Math.abs(view.getUint32(4) - zeroAngle) <= 90 * degree;
    const isLongitude = Math.abs(view.getUint32(8) - zeroAngle) <= 180 * degree;
    return isLatitude && isLongitude ? at + locBytes : -1;
  },
};

/** Takes degrees, perhaps minutes and seconds, and the hemisphere, of which the second is the negative one. */
function parseAngle(text: TextCursor, maxDegrees: number, hemispheres: readonly [string, string]): number {
  const degrees = text.integer(maxDegrees, `a whole number of degrees, 0 to ${maxDegrees}`);
  let angle = degrees * degree;
  const [plus, minus] = hemispheres;
  const expected = `${plus} or ${minus}`;
  for (const part of ['minutes', 'seconds', 'hemisphere']) {
    const word = text.word(expected);
    const letter = word.toUpperCase();
    if (letter === plus) return zeroAngle + angle;
    if (letter === minus) return zeroAngle - angle;
    const value = part === 'minutes' ? parseInteger(word, 59) : part === 'seconds' ? parseSeconds(word) : undefined;
    if (value === undefined) {
      throw unexpected(word, part === 'hemisphere' ? expected : `${part} from 0 to below 60, or ${expected}`);
    }
    angle += part === 'minutes' ? value * 60_000 : value;
    if (angle > maxDegrees * degree) throw unexpected(word, `within ${maxDegrees} degrees`);
  }
  throw unexpected('', expected);
}

/** Thousandths of a second from 0 to 59.999. */
function parseSeconds(word: string): number | undefined {
  const match = /^(\d{1,2})(?:\.(\d{1,3}))?$/.exec(word);
  const value = Number(match?.[1]) * 1000 + Number((match?.[2] ?? '').padEnd(3, '0'));
  return match !== null && value < 60_000 ? value : undefined;
}

/** Takes metres with up to two decimals and perhaps an `m`; returns centimetres. */
function parseMetres(text: TextCursor, title: string, min: number, max: number): number {
  const expected = `${title} in metres, ${min / 100} to ${max / 100}`;
  const word = text.word(expected);
  const match = /^(-?)(\d{1,8})(?:\.(\d{0,2}))?m?$/i.exec(word);
  const size = Number(match?.[2]) * 100 + Number((match?.[3] ?? '').padEnd(2, '0'));
  const value = match?.[1] === '-' ? -size : size;
  if (match === null || value < min || value > max) throw unexpected(word, expected);
  return value;
}

/** Centimetres as a digit and a power of ten, cut off. */
function encodeSize(centimetres: number): number {
  let exponent = 0;
  while (centimetres >= 10 ** (exponent + 1)) exponent++;
  return (Math.floor(centimetres / 10 ** exponent) << 4) | exponent;
}

function formatSize(power: number): string {
  const centimetres = (power >> 4) * 10 ** (power & 0xf);
  return formatMetres(centimetres, centimetres % 100 === 0 ? 0 : 2);
}

function formatMetres(centimetres: number, decimals: number): string {
  return `${(centimetres / 100).toFixed(decimals)}m`;
}

function formatAngle(wire: WireCursor, plus: string, minus: string): string {
  const angle = wire.integer(4) - zeroAngle;
  const size = Math.abs(angle);
  const minutes = Math.floor(size / 60_000) % 60;
  const seconds = ((size % 60_000) / 1000).toFixed(3);
  return `${Math.floor(size / degree)} ${minutes} ${seconds} ${angle < 0 ? minus : plus}`;
}
