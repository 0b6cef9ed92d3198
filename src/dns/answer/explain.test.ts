import assert from 'node:assert/strict';
import test from 'node:test';
import { succeed } from '#base/result.ts';
import { parseType } from '../wire/constants.ts';
import { formatRecord } from '../wire/message.ts';
import { formatName } from '../wire/name.ts';
import type { DynamicAnswer, DynamicCompiler } from '../zone/dynamic.ts';
import { name } from '../zone/read-zone.fixture.ts';
import { explainAnswer } from './explain.ts';
import type { ExplainedReply } from './explain.ts';
import { generationOf } from './serving.fixture.ts';

const zone = `
@ 300 SOA ns1 admin 7 3600 600 86400 60
@ 300 NS ns1
ns1 300 A 192.0.2.53
web 300 CNAME www
www 30 LUA A "draws"
plain 30 LUA A "silent"
`;

/** `draws` gives another address each time, and tells which. */
function compiler(): DynamicCompiler {
  let drawn = 0;
  const answer = (): DynamicAnswer => ({
    kind: 'records',
    rdata: [Uint8Array.of(192, 0, 2, ++drawn)],
    changePending: false,
    scopeBits: 20,
    note: 'failOpen',
  });
  return ({ code, type }) => {
    if (code === 'silent') return succeed({ type, evaluate: answer });
    const explain = (): { answer: DynamicAnswer; steps: { step: string; text: string }[] } => ({
      answer: answer(),
      steps: [{ step: 'draw', text: `gave ${drawn}` }],
    });
    return succeed({ type, evaluate: () => explain().answer, explain });
  };
}

function explain(question: string, bits = 24): ExplainedReply {
  const [owner = '', type = ''] = question.split(' ');
  const generation = generationOf(zone, { compile: compiler() });
  const address = Uint8Array.of(198, 51, 100, 7);
  return explainAnswer(generation, { name: name(owner), type: parseType(type) ?? 0, address, bits, unixMs: 0 });
}

test('what is told belongs to the very answer that is given', () => {
  const { zone: found, programs, reply, scopeBits, note } = explain('web.example.com. A');
  assert.equal(found && formatName(found.apex), 'example.com.');
  const [program, ...others] = programs;
  assert.deepEqual(others, []);
  assert.equal(program?.source.code, 'draws');
  const address = reply.answers.at(-1)?.rdata[3];
  assert.deepEqual(program.steps, [{ step: 'draw', text: `gave ${address}` }]);
  assert.deepEqual(reply.answers.map(formatRecord), [
    'web.example.com. 300 IN CNAME www.example.com.',
    `www.example.com. 30 IN A 192.0.2.${address}`,
  ]);
  assert.equal(scopeBits, 20);
  assert.equal(note, 'nothing is up: all endpoints are answered');
});

test('a record that cannot tell is named all the same, and static answers name none', () => {
  const silent = explain('plain.example.com. A').programs.map(({ source, steps }) => [source.code, steps]);
  assert.deepEqual(silent, [['silent', []]]);
  const { programs, scopeBits, note } = explain('ns1.example.com. A', 23);
  assert.deepEqual([programs, scopeBits, note], [[], 0, undefined]);
});

test('a name in no zone is refused, and the note says why', () => {
  const { zone: found, note } = explain('www.example.net. A', 0);
  assert.equal(found, undefined);
  assert.equal(note, 'no zone here holds this name');
});
