/**
 * The fields of every type that has a text form here, in the order in which they stand.
 *
 * A new type is a row. Which names messages may compress is RFC 3597 §4; DNAME, KX and all later types are never.
 */
import { recordType } from './constants.ts';
import type { Field } from './rdata-codec.ts';
import {
  algorithm,
  certificateType,
  digest,
  digestNames,
  keyProtocol,
  notifyScheme,
  timestamp,
  type,
  types,
  typesOrNone,
} from './rdata-dnssec.ts';
import { base64, encodedRest, hash, hex, salt } from './rdata-encodings.ts';
import {
  digits,
  duration,
  filledText,
  ipv4,
  ipv6,
  name,
  optionalString,
  string,
  strings,
  tag,
  text,
  u8,
  u16,
  u32,
  wholeName,
} from './rdata-fields.ts';
import { amtRelay, eui48, eui64, hostIdentity, identifier, ipsecGateway, prefixes } from './rdata-hosts.ts';
import { location } from './rdata-loc.ts';
import { substitution } from './rdata-naptr.ts';
import { serviceParameters } from './rdata-svcb.ts';

const someBase64 = encodedRest(base64, 1);
const anyBase64 = encodedRest(base64, 0);
const someHex = encodedRest(hex, 1);

const oneName = [name];
const preferredName = [u16, name];
const key = [u16, keyProtocol, algorithm, someBase64];
const delegationDigest = digest({ 1: 20, 2: 32, 4: 48 }, { names: digestNames });
const delegationSigner = [u16, algorithm, delegationDigest];
const association = [u8, u8, u8, someHex];
const serviceBinding = [u16, wholeName, serviceParameters];
const signatureHead = [type, algorithm, u8, u32, timestamp, timestamp, u16];

/** The fields of a type; types without a row have opaque data. */
export const layouts: ReadonlyMap<number, readonly Field[]> = new Map<number, readonly Field[]>([
  [recordType.A, [ipv4]],
  [recordType.NS, oneName],
  [recordType.MD, oneName],
  [recordType.MF, oneName],
  [recordType.CNAME, oneName],
  [recordType.SOA, [name, name, u32, duration, duration, duration, duration]],
  [recordType.MB, oneName],
  [recordType.MG, oneName],
  [recordType.MR, oneName],
  [recordType.PTR, oneName],
  [recordType.HINFO, [string, string]],
  [recordType.MINFO, [name, name]],
  [recordType.MX, preferredName],
  [recordType.TXT, [strings]],
  [recordType.RP, [name, name]],
  [recordType.AFSDB, preferredName],
  [recordType.X25, [digits]],
  [recordType.ISDN, [string, optionalString]],
  [recordType.RT, preferredName],
  [recordType.SIG, [...signatureHead, name, someBase64]],
  [recordType.KEY, [u16, keyProtocol, algorithm, anyBase64]],
  [recordType.PX, [u16, name, name]],
  [recordType.GPOS, [string, string, string]],
  [recordType.AAAA, [ipv6]],
  [recordType.LOC, [location]],
  [recordType.SRV, [u16, u16, u16, name]],
  [recordType.NAPTR, [u16, u16, string, string, substitution, name]],
  [recordType.KX, [u16, wholeName]],
  [recordType.CERT, [certificateType, u16, algorithm, someBase64]],
  [recordType.DNAME, [wholeName]],
  [recordType.APL, [prefixes]],
  [recordType.DS, delegationSigner],
  [recordType.SSHFP, [u8, digest({ 1: 20, 2: 32 })]],
  [recordType.IPSECKEY, [u8, ipsecGateway]],
  [recordType.RRSIG, [...signatureHead, wholeName, someBase64]],
  [recordType.NSEC, [wholeName, types]],
  [recordType.DNSKEY, key],
  [recordType.DHCID, [someBase64]],
  [recordType.NSEC3, [u8, u8, u16, salt, hash, typesOrNone]],
  [recordType.NSEC3PARAM, [u8, u8, u16, salt]],
  [recordType.TLSA, association],
  [recordType.SMIMEA, association],
  [recordType.HIP, [hostIdentity]],
  [recordType.NINFO, [strings]],
  [recordType.RKEY, key],
  [recordType.TALINK, [wholeName, wholeName]],
  [recordType.CDS, delegationSigner],
  [recordType.CDNSKEY, key],
  [recordType.OPENPGPKEY, [someBase64]],
  [recordType.CSYNC, [u32, u16, typesOrNone]],
  [recordType.ZONEMD, [u32, u8, digest({ 1: 48, 2: 64 }, { minBytes: 12 })]],
  [recordType.SVCB, serviceBinding],
  [recordType.HTTPS, serviceBinding],
  [recordType.DSYNC, [type, notifyScheme, u16, wholeName]],
  [recordType.SPF, [strings]],
  [recordType.NID, [u16, identifier]],
  [recordType.L32, [u16, ipv4]],
  [recordType.L64, [u16, identifier]],
  [recordType.LP, [u16, wholeName]],
  [recordType.EUI48, [eui48]],
  [recordType.EUI64, [eui64]],
  [recordType.URI, [u16, u16, filledText]],
  [recordType.CAA, [u8, tag, text]],
  [recordType.AVC, [strings]],
  [recordType.AMTRELAY, [u8, amtRelay]],
  [recordType.RESINFO, [strings]],
  [recordType.WALLET, [strings]],
  [recordType.TA, delegationSigner],
  [recordType.DLV, delegationSigner],
  [recordType.ALIAS, oneName],
  [recordType.LUA, [type, strings]],
]);

/** Where the names that may be compressed lie in record data (RFC 3597 §4: the types of RFC 1035 only). */
export interface CompressibleNames {
  /** Octets before the first name. */
  readonly skip: number;
  /** Names that follow each other from there. */
  readonly count: number;
}

const oneCompressible = { skip: 0, count: 1 };
const twoCompressible = { skip: 0, count: 2 };

const compressible: ReadonlyMap<number, CompressibleNames> = new Map([
  [recordType.NS, oneCompressible],
  [recordType.MD, oneCompressible],
  [recordType.MF, oneCompressible],
  [recordType.CNAME, oneCompressible],
  [recordType.SOA, twoCompressible],
  [recordType.MB, oneCompressible],
  [recordType.MG, oneCompressible],
  [recordType.MR, oneCompressible],
  [recordType.PTR, oneCompressible],
  [recordType.MINFO, twoCompressible],
  [recordType.MX, { skip: 2, count: 1 }],
]);

/** The names of a type's data that a message may compress; undefined where there are none. */
export function compressibleNames(type: number): CompressibleNames | undefined {
  return compressible.get(type);
}

/**
 * Where the name begins in valid data of a type that leads to another name, whose records help whoever asked
 * (RFC 1035 §3.3, RFC 2782, RFC 9460 §4.1 and so on); -1 for types that lead nowhere. It is there also when it is `.`.
 */
export function targetOf(type: number, rdata: Uint8Array): number {
  switch (type) {
    case recordType.NS:
    case recordType.CNAME:
    case recordType.PTR:
    case recordType.DNAME:
    case recordType.ALIAS:
      return 0;
    case recordType.MX:
    case recordType.AFSDB:
    case recordType.RT:
    case recordType.KX:
    case recordType.LP:
    case recordType.SVCB:
    case recordType.HTTPS:
      return 2;
    case recordType.SRV:
      return 6;
    case recordType.NAPTR: {
      let at = 4;
      for (let count = 0; count < 3; count++) at += 1 + (rdata[at] ?? 0);
      return at;
    }
    default:
      return -1;
  }
}
