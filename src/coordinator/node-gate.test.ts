import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { gateNodes } from './node-gate.ts';
import type { NodeCondition } from './node-gate.ts';

const well = (node: string, isTelling = true): NodeCondition => ({ node, fault: undefined, isTelling });
const bad = (node: string, isTelling = true): NodeCondition => ({ node, fault: 'www is down here', isTelling });
const excused = (nodes: readonly NodeCondition[]): readonly string[] =>
  gateNodes(nodes).flatMap(({ node, isExcused }) => (isExcused ? [node] : []));

test('R16: a node that is not well leaves while another that is well tells the route', () => {
  assert.deepEqual(excused([well('a'), bad('b')]), ['b']);
  assert.deepEqual(excused([bad('a'), well('b'), bad('c', false)]), ['a', 'c']);
});

test('R19: nodes stay where no other is well and tells the route', () => {
  assert.deepEqual(excused([bad('a'), bad('b')]), []);
  assert.deepEqual(excused([bad('a')]), []);
  assert.deepEqual(excused([bad('a'), well('b', false)]), [], 'one that is well but tells nothing is no help');
});

test('R23: a node that says nothing of itself is not excused', () => {
  assert.deepEqual(excused([well('a', false), well('b')]), []);
});

test('whatever the nodes say, not all of them are excused, and none that is well is', () => {
  const condition = fc.record({
    node: fc.string(),
    fault: fc.option(fc.constant('down'), { nil: undefined }),
    isTelling: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(condition, { minLength: 1, maxLength: 6 }), (nodes) => {
      const gated = gateNodes(nodes);
      assert.ok(gated.some(({ isExcused }) => !isExcused));
      for (const [index, { isExcused }] of gated.entries()) {
        if (isExcused) assert.notEqual(nodes[index]?.fault, undefined);
      }
    }),
  );
});
