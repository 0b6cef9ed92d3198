/**
 * The control language, one command a line, as a user of ExaBGP expects it: peers, routes, drains, stops. Pure: turns a
 * line into a command or into a sentence that says what is wrong. Values are checked where they are used, by
 * checkPeerOptions and checkRoute.
 */
import type { Result } from '../result.ts';
import { refuse, succeed } from '../result.ts';
import type { RouteAttributes } from '../rib/route.ts';
import type { ListenOptions, PeerOptions, PeerSocketOptions } from '../speaker/types.ts';
import type { Family } from '../wire/family.ts';
import type { FieldKinds, Fields } from './words.ts';
import { readFields, splitWords } from './words.ts';

/** What a line asks for. */
export type Command =
  | { readonly kind: 'peer'; readonly options: PeerOptions }
  | { readonly kind: 'remove'; readonly peer: string }
  | { readonly kind: 'listen'; readonly options: ListenOptions }
  /** Without `peer`, the route that every peer hears. */
  | {
      readonly kind: 'announce';
      readonly prefix: string;
      readonly attributes: RouteAttributes;
      readonly peer: string | undefined;
    }
  | { readonly kind: 'withdraw'; readonly prefix: string; readonly peer: string | undefined }
  /** The peer hears of the prefix again what every peer hears. */
  | { readonly kind: 'common'; readonly prefix: string; readonly peer: string }
  | { readonly kind: 'complete' }
  | { readonly kind: 'reset'; readonly peer: string; readonly text: string }
  | { readonly kind: 'show' }
  | { readonly kind: 'stop'; readonly text: string };

/** A sentence for whoever typed `help`; also the shape of every verb. */
export const commandForms: Readonly<Record<Command['kind'], string>> = {
  peer: 'peer ADDRESS as N local-as N router-id A [name NAME] [port N] [source A] [hold-time SECONDS] [allow-hold-time-zero] [family F]… [connection active|passive|both] [md5 KEY] [ttl-security HOPS] [device D] [dscp N] [graceful-restart SECONDS] [extended-next-hop]',
  remove: 'remove PEER',
  listen: 'listen ADDRESS [port N] [device D]',
  announce:
    'announce PREFIX next-hop ADDRESS|self [med N] [local-preference N] [community A:B]… [large-community A:B:C]… [prepend N] [to PEER]',
  withdraw: 'withdraw PREFIX [to PEER]',
  common: 'common PREFIX to PEER',
  complete: 'complete',
  reset: 'reset PEER [TEXT]',
  show: 'show',
  stop: 'stop [TEXT]',
};

const peerWords: FieldKinds = {
  as: 'number',
  'local-as': 'number',
  'router-id': 'text',
  name: 'text',
  port: 'number',
  source: 'text',
  'hold-time': 'number',
  'allow-hold-time-zero': 'flag',
  family: 'list',
  connection: 'text',
  md5: 'text',
  'ttl-security': 'number',
  device: 'text',
  dscp: 'number',
  'graceful-restart': 'number',
  'extended-next-hop': 'flag',
};

const announceWords: FieldKinds = {
  'next-hop': 'text',
  med: 'number',
  'local-preference': 'number',
  community: 'list',
  'large-community': 'list',
  prepend: 'number',
  to: 'text',
};

const families: ReadonlyMap<string, Family> = new Map([
  ['ipv4-unicast', 'ipv4-unicast'],
  ['ipv6-unicast', 'ipv6-unicast'],
]);

const connections: ReadonlyMap<string, NonNullable<PeerOptions['connection']>> = new Map([
  ['active', 'active'],
  ['passive', 'passive'],
  ['both', 'both'],
]);

/** Reads one line; undefined for an empty one or a comment (`#`), else a command or what is wrong with it. */
export function parseCommand(line: string): Result<Command, string> | undefined {
  const [verb, ...words] = splitWords(line);
  if (verb === undefined || verb.startsWith('#')) return undefined;
  const [subject, ...rest] = words;
  switch (verb) {
    case 'show':
    case 'complete':
      return words.length === 0 ? succeed({ kind: verb }) : misshapen(verb);
    case 'stop':
      return succeed({ kind: 'stop', text: words.join(' ') });
    case 'reset':
      return subject === undefined ? misshapen(verb) : succeed({ kind: 'reset', peer: subject, text: rest.join(' ') });
    case 'remove':
      return subject === undefined || rest.length > 0 ? misshapen(verb) : succeed({ kind: 'remove', peer: subject });
    case 'peer':
      return subject === undefined ? misshapen(verb) : parsePeer(subject, rest);
    case 'listen':
      return subject === undefined ? misshapen(verb) : parseListen(subject, rest);
    case 'announce':
      return subject === undefined ? misshapen(verb) : parseAnnounce(subject, rest);
    case 'withdraw':
    case 'common':
      return subject === undefined ? misshapen(verb) : parseUnsay(verb, subject, rest);
    default:
      return refuse(`unknown command "${verb}", expected one of: ${Object.keys(commandForms).join(', ')}`);
  }
}

function misshapen(verb: Command['kind']): Result<never, string> {
  return refuse(`expected: ${commandForms[verb]}`);
}

function parseAnnounce(prefix: string, words: readonly string[]): Result<Command, string> {
  const fields = readFields(words, announceWords);
  if (!fields.ok) return fields;
  const { texts, numbers, lists } = fields.value;
  const nextHop = texts.get('next-hop');
  if (nextHop === undefined) return misshapen('announce');
  const attributes: RouteAttributes = {
    nextHop,
    ...given('med', numbers.get('med')),
    ...given('localPreference', numbers.get('local-preference')),
    ...given('communities', lists.get('community')),
    ...given('largeCommunities', lists.get('large-community')),
    ...given('prepend', numbers.get('prepend')),
  };
  return succeed({ kind: 'announce', prefix, attributes, peer: texts.get('to') });
}

function parseUnsay(verb: 'withdraw' | 'common', prefix: string, words: readonly string[]): Result<Command, string> {
  const fields = readFields(words, { to: 'text' });
  if (!fields.ok) return fields;
  const peer = fields.value.texts.get('to');
  if (verb === 'withdraw') return succeed({ kind: 'withdraw', prefix, peer });
  return peer === undefined ? misshapen(verb) : succeed({ kind: 'common', prefix, peer });
}

function parseListen(address: string, words: readonly string[]): Result<Command, string> {
  const fields = readFields(words, { port: 'number', device: 'text' });
  if (!fields.ok) return fields;
  const { texts, numbers } = fields.value;
  const options = { address, ...given('port', numbers.get('port')), ...given('device', texts.get('device')) };
  return succeed({ kind: 'listen', options });
}

function parsePeer(address: string, words: readonly string[]): Result<Command, string> {
  const fields = readFields(words, peerWords);
  if (!fields.ok) return fields;
  const { texts, numbers, lists, flags } = fields.value;
  const [peerAsn, localAsn, routerId] = [numbers.get('as'), numbers.get('local-as'), texts.get('router-id')];
  if (peerAsn === undefined || localAsn === undefined || routerId === undefined) return misshapen('peer');
  const offered = readChoices('family', lists.get('family'), families);
  if (!offered.ok) return offered;
  const wanted = texts.get('connection');
  const connection = readChoices('connection', wanted === undefined ? undefined : [wanted], connections);
  if (!connection.ok) return connection;
  const restartTimeSeconds = numbers.get('graceful-restart');
  const options: PeerOptions = {
    address,
    peerAsn,
    localAsn,
    routerId,
    ...given('name', texts.get('name')),
    ...given('port', numbers.get('port')),
    ...given('localAddress', texts.get('source')),
    ...given('holdTimeSeconds', numbers.get('hold-time')),
    ...given('families', offered.value),
    ...given('connection', connection.value?.[0]),
    ...given('socket', socketOptions(fields.value)),
    ...given('gracefulRestart', restartTimeSeconds === undefined ? undefined : { restartTimeSeconds }),
    ...(flags.has('allow-hold-time-zero') ? { allowHoldTimeZero: true } : {}),
    ...(flags.has('extended-next-hop') ? { extendedNextHop: true } : {}),
  };
  return succeed({ kind: 'peer', options });
}

function socketOptions({ texts, numbers }: Fields): PeerSocketOptions | undefined {
  const options: PeerSocketOptions = {
    ...given('md5Key', texts.get('md5')),
    ...given('ttlSecurityHops', numbers.get('ttl-security')),
    ...given('device', texts.get('device')),
    ...given('dscp', numbers.get('dscp')),
  };
  return Object.keys(options).length === 0 ? undefined : options;
}

/** The typed values of words that must be of a few; undefined where there are no words. */
function readChoices<Value>(
  keyword: string,
  words: readonly string[] | undefined,
  choices: ReadonlyMap<string, Value>,
): Result<readonly Value[] | undefined, string> {
  if (words === undefined) return succeed(undefined);
  const values: Value[] = [];
  for (const word of words) {
    const value = choices.get(word);
    if (value === undefined) return refuse(`${keyword} "${word}" is not one of: ${[...choices.keys()].join(', ')}`);
    values.push(value);
  }
  return succeed(values);
}

/** An object with this one property, or with none where the value is absent. */
function given<Key extends string, Value>(key: Key, value: Value | undefined): Partial<Record<Key, Value>> {
  // A computed key of one literal type gives an index signature, so the compiler cannot see that this is that record.
  return value === undefined ? {} : ({ [key]: value } as Record<Key, Value>);
}
