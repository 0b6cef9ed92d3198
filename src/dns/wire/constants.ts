/**
 * Numbers of the DNS registries (IANA "Domain Name System Parameters") that the house uses, with their names.
 *
 * Record types are an open registry: a type is a number, and one without a name is written `TYPE123` (RFC 3597 §5).
 */

/** Record and query types that code names. */
export const recordType = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  DNAME: 39,
  OPT: 41,
  DS: 43,
  TKEY: 249,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
  CAA: 257,
  /** PowerDNS's private type: code that computes records of another type. Never served. */
  LUA: 65402,
} as const;

/** Types that are known by name only; their data is written as RFC 3597 §5 text. */
const furtherTypes = {
  RP: 17,
  AFSDB: 18,
  LOC: 29,
  NAPTR: 35,
  CERT: 37,
  SSHFP: 44,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  NSEC3: 50,
  NSEC3PARAM: 51,
  TLSA: 52,
  SMIMEA: 53,
  CDS: 59,
  CDNSKEY: 60,
  OPENPGPKEY: 61,
  ZONEMD: 63,
  SVCB: 64,
  HTTPS: 65,
  SPF: 99,
  EUI48: 108,
  EUI64: 109,
  URI: 256,
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
