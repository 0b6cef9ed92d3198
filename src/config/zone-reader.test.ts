import assert from 'node:assert/strict';
import test from 'node:test';
import { ZoneImage } from '#dns/zone/image.ts';
import { formatName } from '#dns/wire/name.ts';
import { formatProblem } from './problem.ts';
import { releaseWith } from './release.fixture.ts';
import { readZones } from './zone-reader.ts';

const zoneText = '$TTL 60\n@ SOA ns1 host 1 3600 600 86400 60\n@ NS ns1\n@ NS ns2\nns1 A 192.0.2.1\nns2 A 192.0.2.2\n';

test('zones are read with the origin of their file, and served together', () => {
  const files = new Map([
    ['zones/a.test.zone', zoneText],
    ['zones/b.test.zone', `${zoneText}www 30 LUA A "ifportup(80, {'192.0.2.9'})"\n`],
  ]);
  const { readings, targets, image } = readZones(files);
  assert.deepEqual(
    new ZoneImage(image.buffer).zones().map(({ apex }) => formatName(apex)),
    ['a.test.', 'b.test.'],
  );
  assert.deepEqual(readings.get('zones/b.test.zone')?.facts, {
    origin: 'b.test.',
    nameServers: ['ns1.b.test.', 'ns2.b.test.'],
    nameServerAddresses: ['192.0.2.1', '192.0.2.2'],
    dynamicNameServers: [],
    steers: [],
    longestDynamicTtlSeconds: 30,
  });
  assert.deepEqual(
    targets.map(({ address, port }) => [address, port]),
    [['192.0.2.9', 80]],
  );
});

test('a zone of another name than its file is warned of, at its SOA', () => {
  const { readings } = readZones(new Map([['zones/example.test.zone', `$ORIGIN exmaple.test.\n${zoneText}`]]));
  const reading = readings.get('zones/example.test.zone');
  assert.deepEqual(reading?.warnings.map(formatProblem), [
    "zones/example.test.zone:3:3: the zone is 'exmaple.test.', its file is named for 'example.test.': expected the name of the file to be that of the zone",
  ]);
});

test('an included file is one of zones/ that ends in .inc; any other is refused at its place', () => {
  const read = (name: string): readonly string[] => {
    const files = new Map([
      ['zones/a.test.zone', `${zoneText}$INCLUDE ${name}\n`],
      ['zones/hosts.inc', 'www A 192.0.2.7\n'],
    ]);
    return (readZones(files).readings.get('zones/a.test.zone')?.problems ?? []).map(formatProblem);
  };
  assert.deepEqual(read('hosts.inc'), []);
  assert.match(read('../secrets').join('\n'), /^zones\/a\.test\.zone:7:10: .*expected the name of a file in zones\//);
  assert.match(read('other.inc').join('\n'), /^zones\/a\.test\.zone:7:10: .*there is no zones\/other\.inc/);
});

test('zones are read though a service that they steer by has a member that has nothing to answer', () => {
  const files = releaseWith({
    'zones/www.yaml':
      'services:\n  www: { check: { type: tcp }, members: [{ service: api }] }\n  api: { check: { type: tcp } }\n',
    'zones/example.com.zone': `${zoneText}www LUA A "steer('www')"\n`,
  });
  const reading = readZones(files).readings.get('zones/example.com.zone');
  assert.deepEqual(reading?.problems, []);
  assert.deepEqual(
    reading.facts?.steers.map(({ service }) => service),
    ['www'],
  );
});

test('a record that computes the name of its service has the tables of places that any service asks for', () => {
  const geoKeys = (code: string): number => {
    const files = releaseWith({
      'zones/www.yaml': 'services:\n  www:\n    check: { type: tcp }\n    policy: [nearest]\n',
      'zones/example.com.zone': `${zoneText}www LUA A "${code}"\n`,
    });
    return readZones(files).geo.tables.size;
  };
  assert.equal(geoKeys("steer('www')"), 1);
  assert.equal(geoKeys(';return steer(qname:getRawLabels()[1])'), 1);
  assert.equal(geoKeys(";local by = steer return by('www')"), 1);
});
