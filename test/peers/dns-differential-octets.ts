/**
 * Messages that a server must cope with (RFC 8906 §8 and beyond), octet by octet, with the answer that is due.
 *
 * Where the RFCs are silent, BIND is the yardstick. A row with `bind` differs from it on purpose and says why.
 */

/** One message and what it gets: a response code, or silence. */
export interface OctetsCase {
  readonly what: string;
  readonly octets: Uint8Array;
  readonly expected: string;
  /** What BIND gives instead, and why we do not. */
  readonly bind?: readonly [given: string, why: string];
  /** Whether the reply has an OPT record; not looked at where absent. */
  readonly hasOpt?: boolean;
}

/** The counts of a header, by section. */
interface Counts {
  readonly questions?: number;
  readonly answers?: number;
  readonly authorities?: number;
  readonly additionals?: number;
}

const id = [0xab, 0xcd];

function u16(value: number): readonly number[] {
  return [(value >> 8) & 0xff, value & 0xff];
}

/** A message; `flags` is the second header word. */
function message(flags: number, counts: Counts, ...parts: readonly (readonly number[])[]): Uint8Array {
  const { questions = 1, answers = 0, authorities = 0, additionals = 0 } = counts;
  const head = [...id, ...u16(flags), ...u16(questions), ...u16(answers), ...u16(authorities), ...u16(additionals)];
  return Uint8Array.from([...head, ...parts.flat()]);
}

function name(text: string): readonly number[] {
  return text.split('.').flatMap((label) => [label.length, ...Buffer.from(label)]);
}

const apex = name('rich.example.');
const www = name('www.rich.example.');
const other = name('www.example.org.');

function question(owner: readonly number[], type: number, queryClass = 1): readonly number[] {
  return [...owner, ...u16(type), ...u16(queryClass)];
}

const soa = question(apex, 6);

interface OptFields {
  readonly owner?: readonly number[];
  readonly udpBytes?: number;
  readonly extendedRcode?: number;
  readonly version?: number;
  readonly flags?: number;
  readonly length?: number;
}

/** An OPT record with the given options; `length` lies about them. */
function opt(options: readonly number[] = [], fields: OptFields = {}): readonly number[] {
  const { owner = [0], udpBytes = 1232, extendedRcode = 0, version = 0, flags = 0, length = options.length } = fields;
  return [...owner, 0, 41, ...u16(udpBytes), extendedRcode, version, ...u16(flags), ...u16(length), ...options];
}

function option(code: number, data: readonly number[], length = data.length): readonly number[] {
  return [...u16(code), ...u16(length), ...data];
}

/** An A record of `www.rich.example.`. */
const record = [...www, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 192, 0, 2, 80];
const withOpt = { additionals: 1 };
const cookie = [1, 2, 3, 4, 5, 6, 7, 8];
const labels = (count: number, length: number): readonly number[] =>
  Array.from({ length: count }, () => [length, ...Array<number>(length).fill(0x61)]).flat();

const otherClasses = 'what is not served is refused, whatever the class, as in NSD and Knot';

/** RFC 8906 §8.1: plain DNS. */
const plain: readonly OctetsCase[] = [
  { what: 'a query', octets: message(0, {}, soa), expected: 'NOERROR', hasOpt: false },
  { what: 'an unknown type', octets: message(0, {}, question(apex, 1000)), expected: 'NOERROR' },
  { what: 'the last type', octets: message(0, {}, question(apex, 65535)), expected: 'NOERROR' },
  { what: 'AD', octets: message(0x0020, {}, soa), expected: 'NOERROR' },
  { what: 'CD', octets: message(0x0010, {}, soa), expected: 'NOERROR' },
  { what: 'RD', octets: message(0x0100, {}, soa), expected: 'NOERROR' },
  { what: 'the reserved bit', octets: message(0x0040, {}, soa), expected: 'NOERROR' },
  { what: 'AA, TC and RA in a query', octets: message(0x0680, {}, soa), expected: 'NOERROR' },
  { what: 'a response code in a query', octets: message(0x0005, {}, soa), expected: 'NOERROR' },
  { what: 'a name of no zone here', octets: message(0, {}, question(other, 1)), expected: 'REFUSED' },
  { what: 'the root', octets: message(0, {}, question([0], 2)), expected: 'REFUSED' },
  { what: 'opcode 1, inverse query', octets: message(0x0800, {}, soa), expected: 'NOTIMP' },
  { what: 'opcode 2, status', octets: message(0x1000, {}, soa), expected: 'NOTIMP' },
  { what: 'opcode 3', octets: message(0x1800, {}, soa), expected: 'NOTIMP' },
  {
    what: 'opcode 4, notify',
    octets: message(0x2400, {}, soa),
    expected: 'NOTIMP',
    bind: [
      'NOERROR',
      'BIND takes a notify of its own zone and forgets it; zones come here by releases, never by notify',
    ],
  },
  {
    what: 'opcode 5, update',
    octets: message(0x2800, {}, soa),
    expected: 'NOTIMP',
    bind: ['REFUSED', 'BIND knows updates and forbids them; zones change here by releases alone'],
  },
  { what: 'opcode 6, stateful operations', octets: message(0x3000, {}, soa), expected: 'NOTIMP' },
  { what: 'opcode 15', octets: message(0x7800, {}, soa), expected: 'NOTIMP' },
  { what: 'opcode 15 with EDNS', octets: message(0x7800, withOpt, soa, opt()), expected: 'NOTIMP', hasOpt: true },
  { what: 'opcode 15 and nothing else', octets: message(0x7800, { questions: 0 }), expected: 'NOTIMP' },
];

/** RFC 8906 §8.2: EDNS. */
const edns: readonly OctetsCase[] = [
  { what: 'EDNS', octets: message(0, withOpt, soa, opt()), expected: 'NOERROR', hasOpt: true },
  {
    what: 'EDNS version 1',
    octets: message(0, withOpt, soa, opt([], { version: 1 })),
    expected: 'BADVERS',
    hasOpt: true,
  },
  {
    what: 'EDNS version 255 with options that no version knows',
    octets: message(0, withOpt, soa, opt([1, 2, 3], { version: 255 })),
    expected: 'BADVERS',
    hasOpt: true,
    bind: ['FORMERR', 'what options look like is known for version 0 only (RFC 6891 §6.1.3)'],
  },
  {
    what: 'an unknown option',
    octets: message(0, withOpt, soa, opt(option(100, [1, 2, 3]))),
    expected: 'NOERROR',
    hasOpt: true,
  },
  {
    what: 'unknown flags',
    octets: message(0, withOpt, soa, opt([], { flags: 0x7fff })),
    expected: 'NOERROR',
    hasOpt: true,
  },
  {
    what: 'version 1, an unknown option and unknown flags',
    octets: message(0, withOpt, soa, opt(option(100, []), { version: 1, flags: 0x0080 })),
    expected: 'BADVERS',
    hasOpt: true,
  },
  { what: 'DO', octets: message(0, withOpt, soa, opt([], { flags: 0x8000 })), expected: 'NOERROR', hasOpt: true },
  {
    what: 'a payload of nothing',
    octets: message(0, withOpt, soa, opt([], { udpBytes: 0 })),
    expected: 'NOERROR',
    hasOpt: true,
  },
  {
    what: 'a payload of 65,535',
    octets: message(0, withOpt, soa, opt([], { udpBytes: 65_535 })),
    expected: 'NOERROR',
    hasOpt: true,
  },
  {
    what: 'an extended response code in a query',
    octets: message(0, withOpt, soa, opt([], { extendedRcode: 255 })),
    expected: 'NOERROR',
    hasOpt: true,
  },
  {
    what: 'NSID, a subnet, a cookie, expire, keepalive and padding at once',
    octets: message(
      0,
      withOpt,
      soa,
      opt([
        ...option(3, []),
        ...option(8, [0, 1, 0, 0]),
        ...option(10, cookie),
        ...option(9, []),
        ...option(12, [0, 0, 0]),
      ]),
    ),
    expected: 'NOERROR',
    hasOpt: true,
  },
  {
    what: 'a refused name with EDNS',
    octets: message(0, withOpt, question(other, 1), opt()),
    expected: 'REFUSED',
    hasOpt: true,
  },
  { what: 'two OPT records', octets: message(0, { additionals: 2 }, soa, opt(), opt()), expected: 'FORMERR' },
  { what: 'OPT of another owner', octets: message(0, withOpt, soa, opt([], { owner: apex })), expected: 'FORMERR' },
  { what: 'OPT among the answers', octets: message(0, { answers: 1 }, soa, opt()), expected: 'FORMERR' },
  { what: 'OPT shorter than it says', octets: message(0, withOpt, soa, opt([], { length: 4 })), expected: 'FORMERR' },
  {
    what: 'OPT longer than it says',
    octets: message(0, withOpt, soa, opt([0, 3, 0, 0], { length: 0 })),
    expected: 'NOERROR',
  },
  {
    what: 'an option longer than OPT',
    octets: message(0, withOpt, soa, opt(option(100, [1], 9))),
    expected: 'FORMERR',
  },
  { what: 'half an option', octets: message(0, withOpt, soa, opt([0, 100, 0])), expected: 'FORMERR' },
  {
    what: 'a cookie of seven octets',
    octets: message(0, withOpt, soa, opt(option(10, cookie.slice(1)))),
    expected: 'FORMERR',
  },
  {
    what: 'a cookie of nine octets',
    octets: message(0, withOpt, soa, opt(option(10, [...cookie, 9]))),
    expected: 'FORMERR',
  },
  {
    what: 'a subnet of three octets',
    octets: message(0, withOpt, soa, opt(option(8, [0, 1, 24]))),
    expected: 'FORMERR',
  },
  {
    what: 'a subnet whose address is too short',
    octets: message(0, withOpt, soa, opt(option(8, [0, 1, 24, 0, 192, 0]))),
    expected: 'FORMERR',
  },
  {
    what: 'a subnet with bits beyond its length',
    octets: message(0, withOpt, soa, opt(option(8, [0, 1, 20, 0, 192, 0, 0xff]))),
    expected: 'FORMERR',
  },
  {
    what: 'a subnet of 33 bits of IPv4',
    octets: message(0, withOpt, soa, opt(option(8, [0, 1, 33, 0, 192, 0, 2, 0, 0]))),
    expected: 'FORMERR',
  },
  {
    what: 'a subnet with a scope',
    octets: message(0, withOpt, soa, opt(option(8, [0, 1, 24, 24, 192, 0, 2]))),
    expected: 'FORMERR',
  },
  {
    what: 'a cookie without a question',
    octets: message(0, { questions: 0, additionals: 1 }, opt(option(10, cookie))),
    expected: 'NOERROR',
    hasOpt: true,
  },
  {
    what: 'EDNS and padding up to 1,400 octets',
    octets: message(0, withOpt, soa, opt(option(12, Array<number>(1358).fill(0)))),
    expected: 'NOERROR',
    hasOpt: true,
  },
  {
    what: 'EDNS and padding up to 4,000 octets',
    octets: message(0, withOpt, soa, opt(option(12, Array<number>(3958).fill(0)))),
    expected: 'NOERROR',
    hasOpt: true,
  },
];

/** Classes and types that no zone has. */
const meta: readonly OctetsCase[] = [
  { what: 'class CH', octets: message(0, {}, question(apex, 16, 3)), expected: 'REFUSED' },
  { what: 'class HS', octets: message(0, {}, question(apex, 1, 4)), expected: 'REFUSED' },
  {
    what: 'class NONE',
    octets: message(0, {}, question(apex, 1, 254)),
    expected: 'REFUSED',
    bind: ['FORMERR', otherClasses],
  },
  {
    what: 'class ANY',
    octets: message(0, {}, question(apex, 1, 255)),
    expected: 'REFUSED',
    bind: ['FORMERR', otherClasses],
  },
  {
    what: 'class 0',
    octets: message(0, {}, question(apex, 1, 0)),
    expected: 'REFUSED',
    bind: ['FORMERR', otherClasses],
  },
  {
    what: 'class 65280',
    octets: message(0, {}, question(apex, 1, 65280)),
    expected: 'REFUSED',
    bind: ['NOTIMP', otherClasses],
  },
  { what: 'type 0', octets: message(0, {}, question(apex, 0)), expected: 'NOERROR' },
  { what: 'type OPT', octets: message(0, {}, question(apex, 41)), expected: 'FORMERR' },
  { what: 'type TSIG', octets: message(0, {}, question(apex, 250)), expected: 'FORMERR' },
  { what: 'type TKEY', octets: message(0, {}, question(apex, 249)), expected: 'FORMERR' },
  {
    what: 'type MAILB',
    octets: message(0, {}, question(apex, 253)),
    expected: 'NOERROR',
    bind: ['NOTIMP', 'an obsolete type is one that no name has, as in NSD and Knot'],
  },
  { what: 'type ANY', octets: message(0, {}, question(apex, 255)), expected: 'NOERROR' },
];

/** Headers and questions that are not whole. */
const broken: readonly OctetsCase[] = [
  { what: 'no octets', octets: new Uint8Array(0), expected: 'silence' },
  { what: 'one octet', octets: Uint8Array.of(1), expected: 'silence' },
  { what: 'eleven octets of a header', octets: message(0, {}).subarray(0, 11), expected: 'silence' },
  { what: 'a response', octets: message(0x8000, {}, soa), expected: 'silence' },
  { what: 'a response with FORMERR', octets: message(0x8001, {}, soa), expected: 'silence' },
  { what: 'a response of an unknown opcode', octets: message(0xf800, {}, soa), expected: 'silence' },
  { what: 'no question', octets: message(0, { questions: 0 }), expected: 'FORMERR' },
  { what: 'two questions', octets: message(0, { questions: 2 }, soa, soa), expected: 'FORMERR' },
  { what: 'two questions of which one is there', octets: message(0, { questions: 2 }, soa), expected: 'FORMERR' },
  { what: '65,535 questions', octets: message(0, { questions: 65_535 }, soa), expected: 'FORMERR' },
  { what: 'a question that is not there', octets: message(0, {}), expected: 'FORMERR' },
  { what: 'a name cut within a label', octets: message(0, {}, apex.slice(0, 4)), expected: 'FORMERR' },
  { what: 'a name cut before the root', octets: message(0, {}, apex.slice(0, -1)), expected: 'FORMERR' },
  { what: 'a question cut before its type', octets: message(0, {}, apex), expected: 'FORMERR' },
  { what: 'a question cut within its class', octets: message(0, {}, soa.slice(0, -1)), expected: 'FORMERR' },
  { what: 'a name that points to itself', octets: message(0, {}, [0xc0, 12, 0, 1, 0, 1]), expected: 'FORMERR' },
  { what: 'a name that points forward', octets: message(0, {}, [0xc0, 18, 0, 1, 0, 1], apex), expected: 'FORMERR' },
  {
    what: 'a name that points behind the message',
    octets: message(0, {}, [0xff, 0xff, 0, 1, 0, 1]),
    expected: 'FORMERR',
  },
  {
    what: 'a name that points to its own label',
    octets: message(0, {}, [1, 0x61, 0xc0, 12, 0, 1, 0, 1]),
    expected: 'FORMERR',
  },
  { what: 'half a pointer', octets: message(0, {}, [0xc0]), expected: 'FORMERR' },
  { what: 'a label of type 01', octets: message(0, {}, [0x41, 0x61, 0, 0, 1, 0, 1]), expected: 'FORMERR' },
  { what: 'a label of type 10', octets: message(0, {}, [0x81, 0x61, 0, 0, 1, 0, 1]), expected: 'FORMERR' },
  {
    what: 'a name of 256 octets',
    octets: message(0, {}, labels(3, 63), labels(1, 62), [0, 0, 1, 0, 1]),
    expected: 'FORMERR',
  },
  {
    what: 'a name of 255 octets',
    octets: message(0, {}, labels(3, 63), labels(1, 61), [0, 0, 1, 0, 1]),
    expected: 'REFUSED',
  },
  { what: 'a name of 127 labels', octets: message(0, {}, labels(127, 1), [0, 0, 1, 0, 1]), expected: 'REFUSED' },
  {
    what: 'an octet after the question',
    octets: message(0, {}, soa, [0]),
    expected: 'NOERROR',
  },
  {
    what: 'many octets after the question',
    octets: message(0, {}, soa, Array<number>(500).fill(7)),
    expected: 'NOERROR',
  },
  { what: 'an additional record that is not there', octets: message(0, withOpt, soa), expected: 'FORMERR' },
  { what: '65,535 answers that are not there', octets: message(0, { answers: 65_535 }, soa), expected: 'FORMERR' },
  { what: 'an answer in a query', octets: message(0, { answers: 1 }, soa, record), expected: 'NOERROR' },
  { what: 'an authority in a query', octets: message(0, { authorities: 1 }, soa, record), expected: 'NOERROR' },
  { what: 'an additional record in a query', octets: message(0, withOpt, soa, record), expected: 'NOERROR' },
  {
    what: 'a record whose data is cut off',
    octets: message(0, withOpt, soa, record.slice(0, -1)),
    expected: 'FORMERR',
  },
  {
    what: 'an A record of three octets',
    octets: message(0, withOpt, soa, [...www, 0, 1, 0, 1, 0, 0, 1, 44, 0, 3, 192, 0, 2]),
    expected: 'NOERROR',
    bind: ['FORMERR', 'records that mean nothing in a query are stepped over, not read'],
  },
];

export const octetsCases: readonly OctetsCase[] = [...plain, ...edns, ...meta, ...broken];

/** A query that is answered, with an id that no case has. */
export const controlQuery = Uint8Array.from([0, 1, ...message(0, {}, soa).subarray(2)]);
