import assert from 'node:assert/strict';
import test from 'node:test';
import type { IpAddress } from '#base/ip.ts';
import { isProbed, partsOf } from './check.ts';
import { checkFromFields, checkFromList, checkSchema } from './check-schema.ts';

const address = '192.0.2.1' as IpAddress;

function idOf(fields: Record<string, unknown>): string {
  return checkFromFields(checkSchema.parse(fields), address, 443).id;
}

function faultOf(fields: Record<string, unknown>): string {
  const parsed = checkSchema.safeParse(fields);
  assert.equal(parsed.success, false, JSON.stringify(fields));
  return parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
}

test('each kind is written in YAML and reads as its identity', () => {
  const timing = ', every 1000ms, timeout 1000ms, rise 2, fall 3';
  const rows: [fields: Record<string, unknown>, id: string][] = [
    [{ type: 'tcp' }, 'tcp://192.0.2.1:443'],
    [{ type: 'http' }, 'GET http://192.0.2.1:443/ expecting 200'],
    [
      { type: 'http', expectStatus: [200, '300-399'], path: '/x', host: 'www.example.com', followRedirects: 2 },
      'GET http://192.0.2.1:443/x host www.example.com expecting 200|300-399 redirects 2',
    ],
    [
      { type: 'https', verifyTls: false, expiryWarning: '1d', expectBody: { pattern: 'o.k' }, readsWeight: true },
      'GET https://192.0.2.1:443/ expecting 200 with pattern "o.k" reading weight unverified expiry 86400000ms',
    ],
    [
      { type: 'tls', serverName: 'a.example', expiryWarning: '1d' },
      'tls://192.0.2.1:443 name a.example expiry 86400000ms',
    ],
    [
      { type: 'dns', name: 'example.com', record: 'A', transport: 'tcp', expectAddresses: ['2001:DB8::1'] },
      'dns A example.com at tcp://192.0.2.1:443 expecting NOERROR with 2001:db8::1',
    ],
    [{ type: 'icmp' }, 'icmp 192.0.2.1'],
    [{ type: 'exec', command: ['/opt/check', '-x y'] }, 'exec ["/opt/check","-x y"] for 192.0.2.1:443'],
    [{ type: 'file', path: '/run/www' }, 'file /run/www'],
    [{ type: 'agentCheck' }, 'agent-check 192.0.2.1:443'],
    [
      { type: 'prometheus', url: 'http://192.0.2.9:9090/', expression: 'up{i="$address"}', above: 0 },
      'prometheus http://192.0.2.9:9090 up{i="$address"} above 0 for 192.0.2.1:443',
    ],
    [{ type: 'service', service: 'db' }, 'service db'],
    [{ type: 'constant', state: 'down' }, 'constant down'],
  ];
  for (const [fields, id] of rows) assert.equal(idOf(fields), `${id}${timing}`);
});

test('what a check may not say is refused with what was expected', () => {
  const rows: [fields: Record<string, unknown>, fault: RegExp][] = [
    [{ type: 'http', expectStatus: ['300'] }, /^$/],
    [{ type: 'http', expectStatus: ['399-300'] }, /^expectStatus\.0: expected a status such as 200 or a range/],
    [{ type: 'http', expectStatus: [99] }, /^expectStatus\.0: expected a status/],
    [{ type: 'http', expectStatus: [[200]] }, /^expectStatus\.0: expected a status/],
    [{ type: 'http', path: '/a b' }, /^path: a path without spaces/],
    [{ type: 'http', headers: { Host: 'x' } }, /^headers\.Host: /],
    [{ type: 'http', headers: { 'X-A': 'a\r\nX-B: b' } }, /^headers\.X-A: text without control characters/],
    [{ type: 'http', host: 'a\nb' }, /^host: /],
    [{ type: 'http', expectBody: { pattern: '(' } }, /expectBody/],
    [{ type: 'exec', command: ['check'] }, /^command\.0: /],
    [{ type: 'exec', command: [] }, /^command/],
    [{ type: 'prometheus', url: 'ftp://prometheus:9090', expression: 'up' }, /^url: expected a URL such as/],
    [{ type: 'constant', state: 'maybe' }, /^state: /],
    [{ type: 'dns', name: 'a b' }, /^name: a name without spaces/],
  ];
  for (const [fields, fault] of rows) {
    if (fault.source === '^$') assert.equal(checkSchema.safeParse(fields).success, true);
    else assert.match(faultOf(fields), fault);
  }
});

test('several checks are one of which each part keeps its own timing, and equal parts are one', () => {
  const list = [
    checkSchema.parse({ type: 'tcp', interval: '2s', timeout: '500ms' }),
    checkSchema.parse({ type: 'constant', state: 'up' }),
    checkSchema.parse({ type: 'tcp', interval: '2s', timeout: '500ms' }),
  ];
  const all = checkFromList(list, address, 80);
  assert.deepEqual(
    partsOf(all).map((part) => [part.what.kind, part.intervalMs, isProbed(part)]),
    [
      ['tcp', 2000, true],
      ['constant', 1000, false],
    ],
  );
  assert.deepEqual([all.intervalMs, all.timeoutMs, isProbed(all)], [2000, 1000, false]);
  assert.equal(checkFromList(list.slice(0, 1), address, 80).what.kind, 'tcp');
});

test('values of headers are no part of the text of an identity, and yet tell checks apart', () => {
  const [one, two] = ['secret-1', 'secret-2'].map((value) => idOf({ type: 'http', headers: { Authorization: value } }));
  assert.notEqual(one, two);
  assert.match(one ?? '', / headers Authorization#[0-9a-f]{16}, /);
});

test('an identity is at most 1,000 characters however long the check is, and still its own', () => {
  const long = (end: string): string => idOf({ type: 'http', path: `/${'x'.repeat(1500)}${end}` });
  assert.ok(long('a').length <= 1000);
  assert.notEqual(long('a'), long('b'));
});
