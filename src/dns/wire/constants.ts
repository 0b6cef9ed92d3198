/**
 * Numbers of the DNS registries (IANA "Domain Name System Parameters") that the house uses, with their names.
 *
 * Record types are an open registry: a type is a number, and one without a name is written `TYPE123` (RFC 3597 §5).
 */

/** Record and query types that code names; every type whose data has a layout (rdata-layouts.ts) is here. */
export const recordType = {
  A: 1,
  NS: 2,
  MD: 3,
  MF: 4,
  CNAME: 5,
  SOA: 6,
  MB: 7,
  MG: 8,
  MR: 9,
  PTR: 12,
  HINFO: 13,
  MINFO: 14,
  MX: 15,
  TXT: 16,
  RP: 17,
  AFSDB: 18,
  X25: 19,
  ISDN: 20,
  RT: 21,
  SIG: 24,
  KEY: 25,
  PX: 26,
  GPOS: 27,
  AAAA: 28,
  LOC: 29,
  SRV: 33,
  NAPTR: 35,
  KX: 36,
  CERT: 37,
  DNAME: 39,
  OPT: 41,
  APL: 42,
  DS: 43,
  SSHFP: 44,
  IPSECKEY: 45,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  DHCID: 49,
  NSEC3: 50,
  NSEC3PARAM: 51,
  TLSA: 52,
  SMIMEA: 53,
  HIP: 55,
  NINFO: 56,
  RKEY: 57,
  TALINK: 58,
  CDS: 59,
  CDNSKEY: 60,
  OPENPGPKEY: 61,
  CSYNC: 62,
  ZONEMD: 63,
  SVCB: 64,
  HTTPS: 65,
  DSYNC: 66,
  SPF: 99,
  NID: 104,
  L32: 105,
  L64: 106,
  LP: 107,
  EUI48: 108,
  EUI64: 109,
  NXNAME: 128,
  TKEY: 249,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
  URI: 256,
  CAA: 257,
  AVC: 258,
  AMTRELAY: 260,
  RESINFO: 261,
  WALLET: 262,
  TA: 32768,
  DLV: 32769,
  /** PowerDNS's private type: the name whose addresses are given at this one. */
  ALIAS: 65401,
  /** PowerDNS's private type: code that computes records of another type. Never served. */
  LUA: 65402,
} as const;

/** Types that are known by name only; their data is written as RFC 3597 §5 text. */
const furtherTypes = {
  NULL: 10,
  WKS: 11,
  NSAP: 22,
  'NSAP-PTR': 23,
  NXT: 30,
  EID: 31,
  NIMLOC: 32,
  ATMA: 34,
  A6: 38,
  SINK: 40,
  HHIT: 67,
  BRID: 68,
  UINFO: 100,
  UID: 101,
  GID: 102,
  UNSPEC: 103,
  MAILB: 253,
  MAILA: 254,
  DOA: 259,
  CLA: 263,
  IPN: 264,
} as const;

const typesByName = new Map<string, number>(Object.entries({ ...furtherTypes, ...recordType }));
const namesByType = new Map<number, string>([...typesByName].map(([name, type]) => [type, name]));

/** The mnemonic of a type, or `TYPE123` where there is none. */
export function typeName(type: number): string {
  return namesByType.get(type) ?? `TYPE${type}`;
}

/** Parses a type's mnemonic or `TYPE123`, in any case; undefined for anything else. */
export function parseType(text: string): number | undefined {
  const upper = text.toUpperCase();
  const named = typesByName.get(upper);
  if (named !== undefined) return named;
  const match = /^TYPE(\d{1,5})$/.exec(upper);
  const type = Number(match?.[1]);
  return match !== null && type <= 0xffff ? type : undefined;
}

/** Whether a type exists only in queries or transport and can never be data of a zone (RFC 6895 §3.1). */
export function isMetaType(type: number): boolean {
  return type === 0 || type === recordType.OPT || (type >= 128 && type <= 255);
}

/** The class of everything served here: Internet. */
export const classIn = 1;
/** The class of questions about the server itself (RFC 4892 §3). */
export const classChaos = 3;

/** Query kinds of the header. */
export const opcode = { query: 0 } as const;

/** Response codes; those above 15 need EDNS (RFC 6891 §6.1.3). */
export const rcode = {
  noError: 0,
  formErr: 1,
  servFail: 2,
  nxDomain: 3,
  notImp: 4,
  refused: 5,
  yxDomain: 6,
  badVers: 16,
} as const;

const rcodeNames = new Map<number, string>([
  [0, 'NOERROR'],
  [1, 'FORMERR'],
  [2, 'SERVFAIL'],
  [3, 'NXDOMAIN'],
  [4, 'NOTIMP'],
  [5, 'REFUSED'],
  [6, 'YXDOMAIN'],
  [16, 'BADVERS'],
]);

/** The mnemonic of a response code, or `RCODE17` where there is none. */
export function rcodeName(code: number): string {
  return rcodeNames.get(code) ?? `RCODE${code}`;
}

/** Bits of the second header word. */
export const flag = {
  response: 0x8000,
  authoritative: 0x0400,
  truncated: 0x0200,
  recursionDesired: 0x0100,
  recursionAvailable: 0x0080,
  authenticData: 0x0020,
  checkingDisabled: 0x0010,
} as const;

/** EDNS option codes. */
export const ednsOption = { nsid: 3, clientSubnet: 8, cookie: 10, keepalive: 11, extendedError: 15 } as const;

/** Extended DNS error codes (RFC 8914 §4). */
export const extendedError = {
  other: 0,
  staleAnswer: 3,
  notReady: 14,
  prohibited: 18,
  notAuthoritative: 20,
  notSupported: 21,
} as const;

/** Octets of a name on the wire, its root label included (RFC 1035 §2.3.4). */
export const maxNameBytes = 255;
/** Octets of one label (RFC 1035 §2.3.4). */
export const maxLabelBytes = 63;
/** Octets of the message header (RFC 1035 §4.1.1). */
export const headerBytes = 12;
/** What a client without EDNS takes over UDP (RFC 1035 §4.2.1). */
export const plainUdpBytes = 512;
/** The UDP payload that we offer and never exceed: it passes every usual path unfragmented. */
export const ednsUdpBytes = 1232;
/** The largest message over TCP (RFC 1035 §4.2.2). */
export const maxMessageBytes = 65_535;
/** The largest TTL (RFC 2181 §8). */
export const maxTtlSeconds = 0x7fff_ffff;
