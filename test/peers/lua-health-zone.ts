/**
 * The zone of the differential test with real backends: what each record must give is written by hand, from which
 * backends are up. Both servers get the same text.
 */
import type { PeerZone } from './dns-differential-servers.ts';
import { backendPort, openBackends, says, silent, wants } from './lua-backends.ts';
import type { Backend } from './lua-backends.ts';
import type { Scope } from '../cli/scope.ts';

/** The backends: `up` to `heavy` accept connections, the others refuse them. */
const behaviours = {
  up: says(200, 'hello world'),
  upToo: says(200, 'good bye'),
  upThree: says(200, 'hello again'),
  failing: says(500, 'hello error'),
  byHost: wants('host', `www.example.test:${backendPort}`),
  byAgent: wants('user-agent', 'tester'),
  silent,
  moved: says(302, '', { location: `http://www.example.test:${backendPort}/elsewhere` }),
  down: undefined,
  downToo: undefined,
} as const;

export type BackendName = keyof typeof behaviours;
export type Backends = Readonly<Record<BackendName, Backend>>;

/** A record and which backends its answers may hold, alone or together. */
export interface HealthRecord {
  readonly name: string;
  readonly type?: 'A' | 'TXT';
  readonly code: string;
  /** Each answer is one of these sets; several are equally likely, unless the client decides. */
  readonly gives: readonly (readonly BackendName[])[];
  /** The client decides: the same on both servers, whatever it is. */
  readonly isHashed?: boolean;
}

/** Opens the backends. */
export function openHealthBackends(scope: Scope): Promise<Backends> {
  return openBackends(scope, behaviours);
}

const each = (...names: readonly BackendName[]): readonly (readonly BackendName[])[] => names.map((name) => [name]);

/** Records that the two servers answer otherwise: see `knownHealthDifferences`. */
export function differentRecords(backends: Backends): readonly HealthRecord[] {
  const at = (name: BackendName): string => `{'${backends[name].address}'}`;
  const both = `{'${backends.up.address}','${backends.upToo.address}'}`;
  const url = `ifurlup('http://www.example.test:${backendPort}/status'`;
  return [
    { name: 'first', code: `ifportup(${backendPort},${both},{selector='all',timeout=3})`, gives: [] },
    { name: 'porttiers', code: `ifportup(${backendPort},{${at('down')},${at('up')}},{interval=1})`, gives: [] },
    {
      name: 'tiersdown',
      code: `${url},{${at('failing')},${at('down')}},{interval=1,backupSelector='all'})`,
      gives: [],
    },
    { name: 'nobackup', code: `ifportup(${backendPort},${at('down')},{interval=1,backupSelector='empty'})`, gives: [] },
  ];
}

/** The records of both kinds of checks. */
export function healthRecords(backends: Backends): readonly HealthRecord[] {
  return [...portRecords(backends), ...urlRecords(backends)];
}

/** Records by HTTP: what is asked for is always `www.example.test`, at the backend's own address. */
function urlRecords(backends: Backends): readonly HealthRecord[] {
  const at = (...names: readonly BackendName[]): string =>
    `{${names.map((name) => `'${backends[name].address}'`).join(',')}}`;
  const url = (list: string, options = '', timeoutSeconds = 5): string =>
    `ifurlup('http://www.example.test:${backendPort}/status',${list},{interval=1,timeout=${timeoutSeconds}${options}})`;
  const own = (name: BackendName): string => `'http://${backends[name].address}:${backendPort}/status'`;
  const external = (pairs: Readonly<Partial<Record<BackendName, BackendName>>>): string =>
    Object.entries(pairs)
      .map(([answer, checked]) => `['${backends[answer as BackendName].address}']=${own(checked)}`)
      .join(',');
  return [
    { name: 'url', code: url(at('up', 'failing', 'down')), gives: [['up']] },
    { name: 'urlrandom', code: url(at('up', 'upToo', 'failing')), gives: each('up', 'upToo') },
    { name: 'urlall', code: url(at('up', 'upToo', 'down'), ",selector='all'"), gives: [['up', 'upToo']] },
    { name: 'urlhost', code: url(at('failing', 'byHost')), gives: [['byHost']] },
    { name: 'urlagent', code: url(at('failing', 'byAgent'), ",useragent='tester'"), gives: [['byAgent']] },
    { name: 'urlnoagent', code: url(at('up', 'byAgent'), ",useragent='other'"), gives: [['up']] },
    { name: 'urlmatch', code: url(at('up', 'upToo'), ",stringmatch='world'"), gives: [['up']] },
    { name: 'urlsilent', code: url(at('silent', 'up'), '', 1), gives: [['up']] },
    { name: 'urlmoved', code: url(at('moved', 'up'), ",selector='all'"), gives: [['up']] },
    { name: 'urltiers', code: url(`{${at('failing', 'down')},${at('upToo')},${at('up')}}`), gives: [['upToo']] },
    { name: 'urlfirsttier', code: url(`{${at('up')},${at('upToo')}}`), gives: [['up']] },
    {
      name: 'urlhashed',
      code: url(at('up', 'failing', 'upToo', 'upThree'), ",selector='hashed'"),
      gives: each('up', 'upToo', 'upThree'),
      isHashed: true,
    },
    { name: 'urldown', code: url(at('down', 'failing')), gives: each('down', 'failing') },
    { name: 'urldownall', code: url(at('down', 'failing'), ",backupSelector='all'"), gives: [['down', 'failing']] },
    { name: 'external', code: `ifurlextup({{${external({ down: 'up', up: 'failing' })}}})`, gives: [['down']] },
    {
      name: 'externaltiers',
      code: `ifurlextup({{${external({ up: 'failing' })}},{${external({ downToo: 'upToo' })}}})`,
      gives: [['downToo']],
    },
  ];
}

/** Records by TCP; `at` writes a list of backends as a Lua table. */
function portRecords(backends: Backends): readonly HealthRecord[] {
  const at = (...names: readonly BackendName[]): string =>
    `{${names.map((name) => `'${backends[name].address}'`).join(',')}}`;
  const port = (list: string, options = ''): string => `ifportup(${backendPort},${list},{interval=1${options}})`;
  return [
    { name: 'one', code: port(at('up')), gives: [['up']] },
    { name: 'oneofthree', code: port(at('down', 'up', 'downToo')), gives: [['up']] },
    { name: 'random', code: port(at('up', 'upToo', 'down')), gives: each('up', 'upToo') },
    { name: 'three', code: port(at('up', 'upToo', 'upThree')), gives: each('up', 'upToo', 'upThree') },
    { name: 'all', code: port(at('up', 'down', 'upToo'), ",selector='all'"), gives: [['up', 'upToo']] },
    {
      name: 'hashed',
      code: port(at('up', 'down', 'upToo', 'upThree'), ",selector='hashed'"),
      gives: each('up', 'upToo', 'upThree'),
      isHashed: true,
    },
    { name: 'alldown', code: port(at('down', 'downToo')), gives: each('down', 'downToo') },
    { name: 'alldownall', code: port(at('down', 'downToo'), ",backupSelector='all'"), gives: [['down', 'downToo']] },
    {
      name: 'alldownhashed',
      code: port(at('down', 'downToo'), ",backupSelector='hashed'"),
      gives: each('down', 'downToo'),
      isHashed: true,
    },
    {
      name: 'allselected',
      code: port(at('up', 'upToo'), ",selector='all',backupSelector='hashed'"),
      gives: [['up', 'upToo']],
    },
    { name: 'source', code: port(at('up', 'down'), ",source='127.0.0.1',timeout=1"), gives: [['up']] },
    { name: 'failures', code: port(at('up', 'down'), ',minimumFailures=2'), gives: [['up']] },
    { name: 'silentport', code: port(at('silent', 'down')), gives: [['silent']] },
    { name: 'text', type: 'TXT', code: port(at('up', 'down')), gives: [['up']] },
  ];
}

/** The zone's text. */
export function healthZone(records: readonly HealthRecord[]): PeerZone {
  const lines = records.map(({ name, type = 'A', code }) => `${name} IN LUA ${type} "${code}"\n`);
  return {
    apex: 'health.example',
    text: `$TTL 60
@ IN SOA ns1 hostmaster 1 3600 600 1209600 60
@ IN NS ns1
@ IN NS ns2
ns1 IN A 192.0.2.53
ns2 IN A 198.51.100.53
${lines.join('')}`,
  };
}
