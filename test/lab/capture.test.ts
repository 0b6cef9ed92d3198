/** What the lab reads out of tcpdump's text: lines as tcpdump 4.99 writes them. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { byConnection, parseCapture } from './capture.ts';

const packet = (from: string, length: number): string =>
  `20:24:46.659823 eth0  In  IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto TCP (6), length ${length + 52})
    ${from} > 10.66.1.1.179: Flags [P.], cksum 0x1723 (incorrect -> 0x6d49), seq 0:${length}, ack 54, win 63, options [nop,nop,TS val 1 ecr 2], length ${length}${length === 0 ? '' : ': BGP'}
`;

const open = `\tOpen Message (1), length: 45
\t  Version 4, my AS 65110, Holdtime 9s, ID 10.66.1.53
\t  Optional parameters, length: 16
\t    Option Capabilities Advertisement (2), length: 14
\t      Graceful Restart (64), length: 2
\t\tRestart Flags: [R], Restart Time 120s
`;
const update = `\tUpdate Message (2), length: 47
\t  Origin (1), length: 1, Flags [T]: IGP
\t  AS Path (2), length: 6, Flags [T]: 65110 
\t  Next Hop (3), length: 4, Flags [T]: 10.66.1.100
\t  Updated routes:
\t    203.0.113.0/24
`;
const endOfRib = `\tUpdate Message (2), length: 23
\t  End-of-Rib Marker (empty NLRI)
`;
const withdrawal = `\tUpdate Message (2), length: 27
\t  Withdrawn routes:
\t    203.0.113.0/24
`;
const notification = '\tNotification Message (3), length: 21, Cease (6), subcode Administratively Shutdown (2)\n';
const keepalive = '\tKeepalive Message (4), length: 19\n';

const kindsOf = (text: string): readonly string[] => parseCapture(text).map(({ kind }) => kind);

test('each message is read with its kind, and an UPDATE with what it announces', () => {
  const from = '10.66.1.53.34907';
  const text = `${packet(from, 0)}${packet(from, 67)}${open}${packet(from, 66)}${keepalive}${update}${packet(from, 23)}${endOfRib}`;
  const messages = parseCapture(text);
  assert.deepEqual(
    messages.map(({ port, kind, announced }) => [port, kind, announced]),
    [
      [34907, 'open', []],
      [34907, 'keepalive', []],
      [34907, 'update', ['203.0.113.0/24']],
      [34907, 'endOfRib', []],
    ],
  );
});

test('a withdrawal announces nothing, and a NOTIFICATION is one', () => {
  const messages = parseCapture(`${packet('10.66.1.53.1024', 48)}${withdrawal}${notification}`);
  assert.deepEqual(
    messages.map(({ kind, announced }) => [kind, announced]),
    [
      ['update', []],
      ['notification', []],
    ],
  );
});

test('connections are told apart by their ports, and by OPENs where a port is used again', () => {
  const [first, second] = ['10.66.1.53.1024', '10.66.1.53.1025'];
  const text = [
    `${packet(first, 45)}${open}${packet(first, 47)}${update}`,
    `${packet(second, 45)}${open}${packet(second, 23)}${endOfRib}`,
    `${packet(second, 45)}${open}`,
  ].join('');
  const kinds = byConnection(parseCapture(text)).map((messages) => messages.map(({ kind }) => kind));
  assert.deepEqual(kinds, [['open', 'update'], ['open', 'endOfRib'], ['open']]);
});

test('where BGP dialed the speaker, the connection has the port of the other side', () => {
  const text = `x IP (tos 0x0)\n    10.66.1.53.179 > 10.66.1.1.40000: Flags [P.], length 19: BGP\n${keepalive}`;
  assert.deepEqual(
    parseCapture(text).map(({ port }) => port),
    [40000],
  );
});

test('what is written by halves counts as far as it goes', () => {
  assert.deepEqual(kindsOf(`${packet('10.66.1.53.1024', 47)}\tUpdate Message (2), length: 23\n\t  End-of-R`), [
    'update',
  ]);
  assert.deepEqual(kindsOf(''), []);
});
