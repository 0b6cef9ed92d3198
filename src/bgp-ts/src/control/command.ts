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
import type { FieldKind, FieldKinds, Fields } from './words.ts';
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

/** Words before the options of a line: the verb and its subject. */
const optionsStart = 2;

const toWords: FieldKinds = new Map([['to', 'text']]);
const listenWords: FieldKinds = new Map<string, FieldKind>([
  ['port', 'number'],
  ['device', 'text'],
]);

const peerWords: FieldKinds = new Map<string, FieldKind>([
  ['as', 'number'],
  ['local-as', 'number'],
  ['router-id', 'text'],
  ['name', 'text'],
  ['port', 'number'],
  ['source', 'text'],
  ['hold-time', 'number'],
  ['allow-hold-time-zero', 'flag'],
  ['family', 'list'],
  ['connection', 'text'],
  ['md5', 'text'],
  ['ttl-security', 'number'],
  ['device', 'text'],
  ['dscp', 'number'],
  ['graceful-restart', 'number'],
  ['extended-next-hop', 'flag'],
]);

const announceWords: FieldKinds = new Map<string, FieldKind>([
  ['next-hop', 'text'],
  ['med', 'number'],
  ['local-preference', 'number'],
  ['community', 'list'],
  ['large-community', 'list'],
  ['prepend', 'number'],
  ['to', 'text'],
]);

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
  const words = splitWords(line);
  const verb = words[0];
  if (verb === undefined || verb.startsWith('#')) return undefined;
  const subject = words[1];
  switch (verb) {
    case 'show':
    case 'complete':
      return words.length === 1 ? succeed({ kind: verb }) : misshapen(verb);
    case 'stop':
      return succeed({ kind: 'stop', text: words.slice(1).join(' ') });
    case 'reset':
      if (subject === undefined) return misshapen(verb);
      return succeed({ kind: 'reset', peer: subject, text: words.slice(2).join(' ') });
    case 'remove':
      return subject === undefined || words.length > 2 ? misshapen(verb) : succeed({ kind: 'remove', peer: subject });
    case 'peer':
      return subject === undefined ? misshapen(verb) : parsePeer(subject, words);
    case 'listen':
      return subject === undefined ? misshapen(verb) : parseListen(subject, words);
    case 'announce':
      return subject === undefined ? misshapen(verb) : parseAnnounce(subject, words);
    case 'withdraw':
    case 'common':
      return subject === undefined ? misshapen(verb) : parseUnsay(verb, subject, words);
    default:
      return refuse(`unknown command "${verb}", expected one of: ${Object.keys(commandForms).join(', ')}`);
  }
}

function misshapen(verb: Command['kind']): Result<never, string> {
  return refuse(`expected: ${commandForms[verb]}`);
}

function parseAnnounce(prefix: string, words: readonly string[]): Result<Command, string> {
  const fields = readFields(words, optionsStart, announceWords);
  if (!fields.ok) return fields;
  const nextHop = fields.value.text('next-hop');
  if (nextHop === undefined) return misshapen('announce');
  const attributes = { nextHop };
  if (words.length > optionsStart + 2) addAttributes(attributes, fields.value);
  // What nobody can change is checked once by a speaker, however often the line is said.
  return succeed({ kind: 'announce', prefix, attributes: Object.freeze(attributes), peer: fields.value.text('to') });
}

type Writable<Value> = { -readonly [Key in keyof Value]: Value[Key] };

function addAttributes(attributes: Writable<RouteAttributes>, fields: Fields): void {
  const med = fields.number('med');
  const localPreference = fields.number('local-preference');
  const communities = fields.list('community');
  const largeCommunities = fields.list('large-community');
  const prepend = fields.number('prepend');
  if (med !== undefined) attributes.med = med;
  if (localPreference !== undefined) attributes.localPreference = localPreference;
  if (communities !== undefined) attributes.communities = Object.freeze(communities);
  if (largeCommunities !== undefined) attributes.largeCommunities = Object.freeze(largeCommunities);
  if (prepend !== undefined) attributes.prepend = prepend;
}

function parseUnsay(verb: 'withdraw' | 'common', prefix: string, words: readonly string[]): Result<Command, string> {
  const fields = readFields(words, optionsStart, toWords);
  if (!fields.ok) return fields;
  const peer = fields.value.text('to');
  if (verb === 'withdraw') return succeed({ kind: 'withdraw', prefix, peer });
  return peer === undefined ? misshapen(verb) : succeed({ kind: 'common', prefix, peer });
}

function parseListen(address: string, words: readonly string[]): Result<Command, string> {
  const read = readFields(words, optionsStart, listenWords);
  if (!read.ok) return read;
  const fields = read.value;
  const options = { address, ...given('port', fields.number('port')), ...given('device', fields.text('device')) };
  return succeed({ kind: 'listen', options });
}

function parsePeer(address: string, words: readonly string[]): Result<Command, string> {
  const read = readFields(words, optionsStart, peerWords);
  if (!read.ok) return read;
  const fields = read.value;
  const [peerAsn, localAsn, routerId] = [fields.number('as'), fields.number('local-as'), fields.text('router-id')];
  if (peerAsn === undefined || localAsn === undefined || routerId === undefined) return misshapen('peer');
  const offered = readChoices('family', fields.list('family'), families);
  if (!offered.ok) return offered;
  const connection = readChoices('connection', fields.list('connection'), connections);
  if (!connection.ok) return connection;
  const restartTimeSeconds = fields.number('graceful-restart');
  const options: PeerOptions = {
    address,
    peerAsn,
    localAsn,
    routerId,
    ...given('name', fields.text('name')),
    ...given('port', fields.number('port')),
    ...given('localAddress', fields.text('source')),
    ...given('holdTimeSeconds', fields.number('hold-time')),
    ...given('families', offered.value),
    ...given('connection', connection.value?.[0]),
    ...given('socket', socketOptions(fields)),
    ...given('gracefulRestart', restartTimeSeconds === undefined ? undefined : { restartTimeSeconds }),
    ...(fields.has('allow-hold-time-zero') ? { allowHoldTimeZero: true } : {}),
    ...(fields.has('extended-next-hop') ? { extendedNextHop: true } : {}),
  };
  return succeed({ kind: 'peer', options });
}

function socketOptions(fields: Fields): PeerSocketOptions | undefined {
  const options: PeerSocketOptions = {
    ...given('md5Key', fields.text('md5')),
    ...given('ttlSecurityHops', fields.number('ttl-security')),
    ...given('device', fields.text('device')),
    ...given('dscp', fields.number('dscp')),
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
