/**
 * Reads the text of an extended community: `target`, `origin` and the other names that AS and address types share,
 * `link-bandwidth`, `color`, and the generic `0x0b02:000000000001`. The other way is extended-community-text.ts. An AS
 * number up to 65535 makes the two-octet type, a larger one the four-octet type (RFC 4360 §3, RFC 5668).
 */
import { familyOf, parseAddress } from './address.ts';
import type { ExtendedCommunity } from './extended-community.ts';
import { decodeExtendedCommunity, nonTransitiveBit } from './extended-community.ts';
import { sharedSubtype } from './extended-community-text.ts';

const linkBandwidthSubtype = 0x04;
const colorType = 0x03;
const colorSubtype = 0x0b;

/** Reads one; undefined when the text is none of these forms. */
export function parseExtendedCommunity(text: string): ExtendedCommunity | undefined {
  const generic = /^0x([0-9a-f]{4}):([0-9a-f]{12})$/i.exec(text);
  if (generic !== null) return decodeExtendedCommunity(hexBytes(`${generic[1] ?? ''}${generic[2] ?? ''}`));
  const [name = '', ...parts] = text.split(':');
  if (name === 'color') return parts.length === 1 ? color(parts[0] ?? '') : undefined;
  if (parts.length !== 2) return undefined;
  const [administrator = '', value = ''] = parts;
  if (name === 'link-bandwidth') return linkBandwidth(administrator, value);
  const subtype = sharedSubtype(name);
  return subtype === undefined ? undefined : shared(subtype, administrator, value);
}

function shared(subtype: number, administrator: string, valueText: string): ExtendedCommunity | undefined {
  const asn = parseNumber(administrator, 0xffff_ffff);
  const value = parseNumber(valueText, asn !== undefined && asn <= 0xffff ? 0xffff_ffff : 0xffff);
  if (value === undefined) return undefined;
  if (asn !== undefined) {
    return asn <= 0xffff
      ? { kind: 'twoOctetAs', type: 0x00, subtype, asn, value }
      : { kind: 'fourOctetAs', type: 0x02, subtype, asn, value };
  }
  const address = parseAddress(administrator);
  const isIpv4 = address !== undefined && familyOf(address) === 'ipv4-unicast';
  return isIpv4 ? { kind: 'ipv4', type: 0x01, subtype, address, value } : undefined;
}

/** Bytes a second; not passed on to other ASes (draft-ietf-idr-link-bandwidth). */
function linkBandwidth(asnText: string, rateText: string): ExtendedCommunity | undefined {
  const asn = parseNumber(asnText, 0xffff);
  if (asn === undefined || !/^\d{1,15}$/.test(rateText)) return undefined;
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, Number(rateText));
  return {
    kind: 'twoOctetAs',
    type: nonTransitiveBit,
    subtype: linkBandwidthSubtype,
    asn,
    value: view.getUint32(0),
  };
}

/** RFC 9012 §4.3: two octets of flags, then the color. */
function color(text: string): ExtendedCommunity | undefined {
  const value = parseNumber(text, 0xffff_ffff);
  if (value === undefined) return undefined;
  const bytes = new Uint8Array(6);
  new DataView(bytes.buffer).setUint32(2, value);
  return { kind: 'octets', type: colorType, subtype: colorSubtype, bytes };
}

function parseNumber(text: string, most: number): number | undefined {
  const isNumber = /^(?:0|[1-9]\d{0,9})$/.test(text) && Number(text) <= most;
  return isNumber ? Number(text) : undefined;
}

function hexBytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}
