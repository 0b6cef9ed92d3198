/**
 * fairlead's own answers from zones with LUA records, in process: the zone reader, the compiler and the answer function,
 * with services that the test gives. Records that are refused when the zone is loaded are left out and told.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createAnswerer } from '#dns/answer/answerer.ts';
import type { AnswerClient } from '#dns/answer/answerer.ts';
import { createGeneration } from '#dns/answer/generation.ts';
import { parseName } from '#dns/wire/name.ts';
import type { DynamicCompiler } from '#dns/zone/dynamic.ts';
import { buildImage } from '#dns/zone/image-builder.ts';
import { readZone } from '#dns/zone/read-zone.ts';
import type { ZoneData } from '#dns/zone/zone-data.ts';
import { createAtlas, placeOf } from '#geo/atlas.ts';
import { buildGeoTables } from '#geo/build-tables.ts';
import { openMmdb } from '#geo/mmdb.ts';
import type { GeoSource } from '#geo/source.ts';
import { collectingGeo, geoSourceOf } from '#geo/tables.ts';
import { createLuaCompiler } from '#lua/compiler.ts';
import type { LuaServices } from '#lua/call.ts';
import type { HealthSource } from '#lua/health.ts';
import type { PeerZone } from './dns-differential-servers.ts';
import type { AskOctets } from './lua-query.ts';

/** Zones that answer. */
export interface OurAnswers {
  readonly ask: AskOctets;
  /** Why the record that would answer a question was refused; undefined where it was not. */
  refusalOf(question: string): string | undefined;
}

/** As the peers see it: a resolver on loopback. */
const client: AnswerClient = {
  address: Uint8Array.of(127, 0, 0, 1),
  transport: 'udp',
  unixMs: 0,
  idleTimeoutMs: 0,
};
const replyBytes = 65_535;

/** Nothing is checked and everything is up. */
export const allUp: HealthSource = {
  register: () => ({ read: () => ({ state: 'up', changePending: false }), weight: () => 1 }),
};

/** Places as MaxMind files have them, in tables for what the zones' records ask. */
export function placesFor(zones: readonly PeerZone[], files: readonly string[], services: LuaServices): GeoSource {
  const databases = files.map((file) => {
    const opened = openMmdb(readFileSync(file), file);
    assert.ok(opened.ok, file);
    return opened.value;
  });
  const atlas = createAtlas(databases, []);
  assert.ok(atlas.ok);
  const collection = collectingGeo((address) => placeOf(atlas.value, address));
  const compile = createLuaCompiler({ ...services, geo: collection.source });
  for (const zone of zones) load(zone, compile, new Map());
  return geoSourceOf(buildGeoTables(atlas.value, collection));
}

/** Loads zones and answers from them. */
export function answerHere(zones: readonly PeerZone[], services: LuaServices): OurAnswers {
  const compile = createLuaCompiler(services);
  const refusals = new Map<string, string>();
  const data = zones.map((zone) => load(zone, compile, refusals));
  const { answer } = createAnswerer(createGeneration(buildImage(data), { compile }));
  const out = new Uint8Array(replyBytes);
  return {
    ask: (query) => Promise.resolve(out.slice(0, answer(query, query.length, client, out))),
    refusalOf: (question) => refusals.get(question) ?? refusals.get(question.replace(/^[^.]*/, '*')),
  };
}

/** Reads a zone; lines with errors are emptied, and kept as refusals of `NAME TYPE`. */
function load({ apex, text }: PeerZone, compile: DynamicCompiler, refusals: Map<string, string>): ZoneData {
  const origin = parseName(`${apex}.`);
  assert.ok(origin.ok);
  const lines = text.split('\n');
  for (;;) {
    const { zone, problems } = readZone({ file: apex, text: lines.join('\n'), origin: origin.value }, { compile });
    if (zone !== undefined) return zone;
    const errors = problems.filter(({ severity }) => severity === 'error');
    for (const { line, message } of errors) {
      const [owner = '', , , type = ''] = (lines[line - 1] ?? '').split(/\s+/);
      assert.ok(type !== '', `${apex}:${line}: ${message}`);
      refusals.set(`${owner}.${apex} ${type}`, message);
      lines[line - 1] = '';
    }
    assert.ok(errors.length > 0, `${apex} is refused for a reason`);
  }
}
