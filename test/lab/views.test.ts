import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { describeDns, describeRoute, parseBird, parseDig } from './views.ts';

// What dig 9.18 and BIRD 2.0.12 of Debian 12 print.
const answered = `;; Got answer:
;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 12845
;; flags: qr aa rd; QUERY: 1, ANSWER: 2, AUTHORITY: 0, ADDITIONAL: 1
;; WARNING: recursion requested but not available

all.example.com.\t30\tIN\tA\t10.66.2.100
all.example.com.\t30\tIN\tA\t10.66.1.100
`;
const unanswered = ';; communications error to 10.66.1.53#53: timed out\n;; no servers could be reached\n';

const protocols = (state: string): string => `BIRD 2.0.12 ready.
Name       Proto      Table      State  Since         Info
coordinator BGP        ---        ${state}
`;
const route = `BIRD 2.0.12 ready.
Table master4:
203.0.113.0/24       unicast [coordinator 03:27:00.604 from 10.66.1.53] * (100) [AS65110i]
\tvia 10.66.1.100 on eth0
`;

test('an answer of dig is read as its code and sorted data', () => {
  assert.deepEqual(parseDig(answered), { status: 'NOERROR', answers: ['10.66.1.100', '10.66.2.100'] });
  assert.equal(describeDns(parseDig(answered)), '[10.66.1.100 10.66.2.100]');
});

test('no reply and an empty answer read differently', () => {
  assert.deepEqual(parseDig(unanswered), { status: 'no reply', answers: [] });
  assert.deepEqual(parseDig(';; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1\n'), {
    status: 'NOERROR',
    answers: [],
  });
});

test('an Established session with its route is read from birdc', () => {
  const view = parseBird(protocols('up     03:27:00.405  Established   ') + route);
  assert.deepEqual(view, { hasRoute: true, session: 'Established' });
  assert.equal(describeRoute(view), 'route, session Established');
});

test('a session that broke is read with its state and without its cause', () => {
  const view = parseBird(
    `${protocols('start  03:27:08.665  Passive       Socket: Connection closed')}Network not found\n`,
  );
  assert.deepEqual(view, { hasRoute: false, session: 'Passive' });
});

test('a route of another protocol is not the coordinator’s', () => {
  assert.equal(parseBird(route.replace('[coordinator ', '[transit ')).hasRoute, false);
});
