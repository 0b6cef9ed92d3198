/** What each line of the control language means, and what is said of those that mean nothing. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { parseCommand } from './command.ts';

function valueOf(line: string): unknown {
  const command = parseCommand(line);
  assert.ok(command?.ok === true, `${line}: ${JSON.stringify(command)}`);
  return command.value;
}

function faultOf(line: string): string {
  const command = parseCommand(line);
  assert.ok(command?.ok === false, `${line}: ${JSON.stringify(command)}`);
  return command.fault;
}

test('announce carries every attribute, and communities add up', () => {
  const line =
    'announce 192.0.2.0/24 next-hop self med 5 local-preference 90 community 65535:0 community 65001:7 large-community 1:2:3 prepend 2';
  assert.deepEqual(valueOf(line), {
    kind: 'announce',
    prefix: '192.0.2.0/24',
    attributes: {
      nextHop: 'self',
      med: 5,
      localPreference: 90,
      communities: ['65535:0', '65001:7'],
      largeCommunities: ['1:2:3'],
      prepend: 2,
    },
    peer: undefined,
  });
});

test('a route can be for one peer alone, withheld from it, and common again', () => {
  assert.deepEqual(valueOf('announce 2001:db8::/32 next-hop 2001:db8::1 to rt1'), {
    kind: 'announce',
    prefix: '2001:db8::/32',
    attributes: { nextHop: '2001:db8::1' },
    peer: 'rt1',
  });
  assert.deepEqual(valueOf('withdraw 192.0.2.0/24 to rt1'), {
    kind: 'withdraw',
    prefix: '192.0.2.0/24',
    peer: 'rt1',
  });
  assert.deepEqual(valueOf('withdraw 192.0.2.0/24'), { kind: 'withdraw', prefix: '192.0.2.0/24', peer: undefined });
  assert.deepEqual(valueOf('common 192.0.2.0/24 to rt1'), { kind: 'common', prefix: '192.0.2.0/24', peer: 'rt1' });
});

test('peer carries addresses, timers and what TCP is told', () => {
  const line =
    'peer 192.0.2.1 as 65000 local-as 4200000000 router-id 192.0.2.9 name rt1 port 1790 source 192.0.2.9 hold-time 9 ' +
    'family ipv4-unicast connection both md5 secret ttl-security 1 device eth0 dscp 48 graceful-restart 120 extended-next-hop';
  assert.deepEqual(valueOf(line), {
    kind: 'peer',
    options: {
      address: '192.0.2.1',
      peerAsn: 65_000,
      localAsn: 4_200_000_000,
      routerId: '192.0.2.9',
      name: 'rt1',
      port: 1790,
      localAddress: '192.0.2.9',
      holdTimeSeconds: 9,
      families: ['ipv4-unicast'],
      connection: 'both',
      socket: { md5Key: 'secret', ttlSecurityHops: 1, device: 'eth0', dscp: 48 },
      gracefulRestart: { restartTimeSeconds: 120 },
      extendedNextHop: true,
    },
  });
});

test('the other commands are as short as they look', () => {
  assert.deepEqual(valueOf('listen 0.0.0.0 port 1790'), {
    kind: 'listen',
    options: { address: '0.0.0.0', port: 1790 },
  });
  assert.deepEqual(valueOf('listen :: device eth0'), { kind: 'listen', options: { address: '::', device: 'eth0' } });
  assert.deepEqual(valueOf('remove rt1'), { kind: 'remove', peer: 'rt1' });
  assert.deepEqual(valueOf('reset rt1 new policy'), { kind: 'reset', peer: 'rt1', text: 'new policy' });
  assert.deepEqual(valueOf('  show\t'), { kind: 'show' });
  assert.deepEqual(valueOf('complete'), { kind: 'complete' });
  assert.deepEqual(valueOf('stop back at noon'), { kind: 'stop', text: 'back at noon' });
});

test('a session without a hold timer has to be allowed by name', () => {
  const [address, others] = ['192.0.2.1', { peerAsn: 1, localAsn: 2, routerId: '192.0.2.9' }];
  assert.deepEqual(valueOf('peer 192.0.2.1 as 1 local-as 2 router-id 192.0.2.9 hold-time 0 allow-hold-time-zero'), {
    kind: 'peer',
    options: { address, ...others, holdTimeSeconds: 0, allowHoldTimeZero: true },
  });
});

test('empty lines and comments mean nothing', () => {
  for (const line of ['', '   ', '# announce 192.0.2.0/24 next-hop self']) assert.equal(parseCommand(line), undefined);
});

test('a fault names the word and what was expected', () => {
  assert.match(faultOf('anounce 192.0.2.0/24'), /unknown command "anounce", expected one of: peer, .*announce/);
  assert.match(faultOf('announce 192.0.2.0/24'), /expected: announce PREFIX next-hop/);
  assert.match(faultOf('announce 192.0.2.0/24 next-hop'), /next-hop needs a value/);
  assert.match(faultOf('announce 192.0.2.0/24 next-hop self nexthop x'), /unknown word "nexthop", expected one of/);
  assert.match(faultOf('announce 192.0.2.0/24 next-hop self med low'), /med "low" is not a whole number/);
  assert.match(faultOf('announce 192.0.2.0/24 next-hop self med 1 med 2'), /med is given twice/);
  assert.match(faultOf('peer 192.0.2.1 as 65000'), /expected: peer ADDRESS as N local-as N router-id A/);
  assert.match(
    faultOf('peer 192.0.2.1 as 1 local-as 2 router-id 192.0.2.9 family l2vpn'),
    /family "l2vpn" is not one of: ipv4-unicast, ipv6-unicast/,
  );
  assert.match(faultOf('common 192.0.2.0/24'), /expected: common PREFIX to PEER/);
  assert.match(faultOf('show all'), /expected: show/);
  assert.match(faultOf('remove'), /expected: remove PEER/);
});

test('words that every object has are no keywords', () => {
  assert.match(faultOf('announce 192.0.2.0/24 constructor x'), /unknown word "constructor"/);
  assert.match(faultOf('toString'), /unknown command/);
});

test('any line is a command, a fault or nothing, and never throws', () => {
  const word = fc.oneof(
    fc.constantFrom('announce', 'peer', 'next-hop', 'self', 'to', 'med', '1', 'family', 'listen', '__proto__'),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(word), (words) => {
      const command = parseCommand(words.join(' '));
      assert.ok(command === undefined || command.ok || command.fault.length > 0);
    }),
  );
});

test('nobody changes what a line announces, so that a speaker need not check it again', () => {
  const command = parseCommand('announce 192.0.2.0/24 next-hop self community 65001:1 large-community 65001:1:2');
  assert.ok(command?.ok === true && command.value.kind === 'announce');
  const { attributes } = command.value;
  for (const each of [attributes, attributes.communities, attributes.largeCommunities]) {
    assert.ok(each !== undefined && Object.isFrozen(each));
  }
});
