import assert from 'node:assert/strict';
import test from 'node:test';
import { formatIp } from '#base/ip.ts';
import { createPrng } from '#base/prng.ts';
import { parseType } from '#dns/wire/constants.ts';
import { rootName } from '#dns/wire/name.ts';
import { clientFrom } from '#dns/zone/dynamic.fixture.ts';
import type { DynamicRecord } from '#dns/zone/dynamic.ts';
import { unknownGeo } from '#geo/unknown.ts';
import { createLuaCompiler } from './compiler.ts';
import { noServices } from './steer.ts';
import type { HealthHandle, HealthReading, HealthSource, HealthTarget } from './health.ts';

type State = HealthReading['state'];

/** Health as a test sets it, by address; what it does not name is `unknown`. */
class FakeHealth implements HealthSource {
  readonly targets: HealthTarget[] = [];
  readonly states = new Map<string, State>();
  readonly changing = new Set<string>();
  readonly withheld = new Set<string>();

  register(target: HealthTarget): HealthHandle {
    this.targets.push(target);
    const { address } = target;
    return {
      read: () => ({
        state: this.states.get(address) ?? 'unknown',
        changePending: this.changing.has(address),
        withheld: this.withheld.has(address),
      }),
      weight: () => 0,
    };
  }
}

function compile(code: string, health: HealthSource, type = 'A'): DynamicRecord {
  const compiler = createLuaCompiler({ health, geo: unknownGeo, steer: noServices, prng: createPrng(1) });
  const position = { file: 'zone', line: 1, column: 1 };
  const compiled = compiler({ code, type: parseType(type) ?? 0, zone: rootName, owner: rootName, position });
  assert.ok(compiled.ok, code);
  return compiled.value;
}

const client = clientFrom('198.51.100.7');

/** The addresses that are answered, in order; throws where the record fails. */
function answer(record: DynamicRecord, from = client): string[] {
  const found = record.evaluate(from);
  assert.ok(found.kind === 'records');
  return found.rdata.map((rdata) => formatIp(rdata));
}

/** Everything that a record answers in many draws. */
function answers(record: DynamicRecord): string[] {
  const seen = new Set<string>();
  for (let draw = 0; draw < 200; draw++) seen.add(answer(record).join(' '));
  return [...seen].toSorted();
}

test('the set and the selector decide as in PowerDNS 5.1', () => {
  const one = "{'192.0.2.1', '192.0.2.2', '192.0.2.3'}";
  const sets = "{{'192.0.2.1', '192.0.2.2'}, {'192.0.2.3', '192.0.2.4'}}";
  const all = ['192.0.2.1', '192.0.2.2', '192.0.2.3'];
  const rows: [what: string, code: string, down: string[], expected: string[]][] = [
    ['all up, one at random', `ifportup(80, ${one})`, [], all],
    ['some down', `ifportup(80, ${one})`, ['192.0.2.2'], ['192.0.2.1', '192.0.2.3']],
    ['selector all', `ifportup(80, ${one}, {selector='all'})`, ['192.0.2.1'], ['192.0.2.2 192.0.2.3']],
    ['all down: one of the set at random', `ifportup(80, ${one})`, all, all],
    ['all down, backupSelector all', `ifportup(80, ${one}, {backupSelector='all'})`, all, [all.join(' ')]],
    ['all down, backupSelector empty', `ifportup(80, ${one}, {backupSelector='empty'})`, all, ['']],
    ['first set up', `ifportup(80, ${sets}, {selector='all'})`, [], ['192.0.2.1 192.0.2.2']],
    ['first set partly up', `ifportup(80, ${sets}, {selector='all'})`, ['192.0.2.1'], ['192.0.2.2']],
    ['first set down', `ifportup(80, ${sets}, {selector='all'})`, ['192.0.2.1', '192.0.2.2'], ['192.0.2.3 192.0.2.4']],
    [
      'all sets down: backup from the first',
      `ifportup(80, ${sets}, {backupSelector='all'})`,
      [...all, '192.0.2.4'],
      ['192.0.2.1 192.0.2.2'],
    ],
    [
      'all sets down, backupSelector empty',
      `ifportup(80, ${sets}, {backupSelector='empty'})`,
      [...all, '192.0.2.4'],
      [''],
    ],
    [
      'the first set empty: backup from the next',
      "ifportup(80, {{}, {'192.0.2.3'}}, {backupSelector='all'})",
      all,
      ['192.0.2.3'],
    ],
    ['as a script', `;return ifportup(80, ${one}, {selector='all'})`, ['192.0.2.3'], ['192.0.2.1 192.0.2.2']],
  ];
  for (const [what, code, down, expected] of rows) {
    const health = new FakeHealth();
    for (const address of [...all, '192.0.2.4']) health.states.set(address, down.includes(address) ? 'down' : 'up');
    assert.deepEqual(answers(compile(code, health)), expected, what);
  }
});

test('every target is registered when the record is compiled, with the options and their defaults', () => {
  const health = new FakeHealth();
  compile("ifportup(443, {{'192.0.2.1'}, {'192.0.2.2'}})", health);
  const options = "source='192.0.2.9', timeout=1, interval='30', minimumFailures=3, verdict='probe'";
  compile(`ifportup('8080', {'2001:db8::1'}, {${options}})`, health, 'AAAA');
  const what = { kind: 'tcp' };
  const plain = { what, port: 443, intervalMs: 5000, timeoutMs: 2000, rise: 1, fall: 1, onlyProbe: false };
  assert.deepEqual(health.targets, [
    { ...plain, address: '192.0.2.1' },
    { ...plain, address: '192.0.2.2' },
    {
      what,
      address: '2001:db8::1',
      port: 8080,
      intervalMs: 30_000,
      timeoutMs: 1000,
      rise: 1,
      fall: 3,
      sourceAddress: '192.0.2.9',
      onlyProbe: true,
    },
  ]);
});

test('before any evidence everything counts as up, unless incomplete checks are to fail (R3)', () => {
  const set = "{'192.0.2.1', '192.0.2.2'}";
  const health = new FakeHealth();
  assert.deepEqual(answer(compile(`ifportup(80, ${set}, {selector='all'})`, health)), ['192.0.2.1', '192.0.2.2']);
  const strict = compile(`ifportup(80, ${set}, {selector='all', failOnIncompleteCheck='true'})`, health);
  assert.equal(strict.evaluate(client).kind, 'failure');
  health.states.set('192.0.2.2', 'up');
  assert.deepEqual(answer(strict), ['192.0.2.2']);
  health.states.set('192.0.2.2', 'down');
  assert.equal(answer(strict).length, 1, 'with one check finished the backup selector answers');
});

test('hashed gives one client always the same address, and spreads clients', () => {
  const health = new FakeHealth();
  const record = compile("ifportup(80, {'192.0.2.1', '192.0.2.2', '192.0.2.3'}, {selector='hashed'})", health);
  const fromNetwork = record.evaluate(clientFrom('10.0.0.0', { addressBits: 24 }));
  assert.equal(fromNetwork.kind === 'records' && fromNetwork.scopeBits, 24);
  const counts = new Map<string, number>();
  for (let host = 0; host < 3000; host++) {
    const from = clientFrom(Uint8Array.of(10, 0, host >> 8, host & 255));
    const [first] = answer(record, from);
    assert.deepEqual(answer(record, from), [first]);
    counts.set(first ?? '', (counts.get(first ?? '') ?? 0) + 1);
  }
  assert.equal(counts.size, 3);
  for (const count of counts.values()) assert.ok(count > 850 && count < 1150, String([...counts]));
  // 2922533433 modulo 3, the hash of this client, is 0.
  assert.deepEqual(answer(record, clientFrom('192.0.2.53')), ['192.0.2.1']);
  health.states.set('192.0.2.1', 'down');
  assert.deepEqual(answer(record, clientFrom('192.0.2.53')), ['192.0.2.3']);
});

test('a change that is pending is said where it matters to the answer (R13)', () => {
  const health = new FakeHealth();
  for (const address of ['192.0.2.1', '192.0.2.2']) health.states.set(address, 'up');
  const record = compile("ifportup(80, {{'192.0.2.1'}, {'192.0.2.2'}})", health);
  const isPending = (): boolean => {
    const found = record.evaluate(client);
    return found.kind === 'records' && found.changePending;
  };
  assert.equal(isPending(), false);
  health.changing.add('192.0.2.2');
  assert.equal(isPending(), false, 'a set that is not used does not matter');
  health.changing.add('192.0.2.1');
  assert.equal(isPending(), true);
  health.changing.clear();
  for (const address of ['192.0.2.1', '192.0.2.2']) health.states.set(address, 'down');
  assert.equal(isPending(), true, 'everything down is never a state to be cached for long');
});

test('a TXT record tells the addresses as text', () => {
  const record = compile("ifportup(80, {'192.0.2.1'})", new FakeHealth(), 'TXT');
  const found = record.evaluate(client);
  assert.ok(found.kind === 'records');
  assert.equal(Buffer.from(found.rdata[0] ?? []).toString('latin1'), '\t192.0.2.1');
});

test('R2, R8: with nothing up, what is withheld is no backup; with all withheld the answer is empty and short-lived', () => {
  const health = new FakeHealth();
  const record = compile("ifportup(80, {{'192.0.2.1', '192.0.2.2'}, {'192.0.2.3'}}, {backupSelector='all'})", health);
  for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.3']) health.states.set(address, 'down');
  assert.deepEqual(answer(record), ['192.0.2.1', '192.0.2.2']);
  health.withheld.add('192.0.2.1');
  assert.deepEqual(answer(record), ['192.0.2.2']);
  health.withheld.add('192.0.2.2');
  assert.deepEqual(answer(record), ['192.0.2.3']);
  health.withheld.add('192.0.2.3');
  assert.deepEqual(record.evaluate(client), {
    kind: 'records',
    rdata: [],
    changePending: true,
    scopeBits: 0,
    note: undefined,
  });
});

test('RFC 8914: where nothing is up, the answer says that it fails open', () => {
  const health = new FakeHealth();
  const record = compile("ifportup(80, {'192.0.2.1'})", health);
  health.states.set('192.0.2.1', 'down');
  const found = record.evaluate(client);
  assert.equal(found.kind === 'records' ? found.note : found.reason, 'failOpen');
  health.states.set('192.0.2.1', 'up');
  const up = record.evaluate(client);
  assert.equal(up.kind === 'records' ? up.note : up.reason, undefined);
});
