/** Lua text into luaparse's tree, each node with its place; its types leave out what was asked for. */
import { parse } from 'luaparse';
import type { Chunk, Expression, Node, Statement } from 'luaparse';
import { LuaFault } from '../fault.ts';

/** Where one text stands: its nodes all at one place, or at their own, moved by `shift`. */
export interface TextPlace {
  /** Is prepended to what messages say. */
  readonly about: string;
  /** Added to places, since `return ` may have been put before the code. */
  readonly shift: number;
  /** Where everything is said to be, for text that stands elsewhere. */
  readonly fixedOffset: number | undefined;
}

/** Calls and `...` that stand in parentheses, and where these open: luaparse forgets them. */
const parentheses = new WeakMap<object, number>();

/** Parses a text whole, with each node told to `onNode`; throws `LuaFault` at what is not Lua. */
export function parseText(text: string, place: TextPlace, onNode: (node: Node) => void): Chunk {
  try {
    return parseOnce(text, place, onNode);
  } catch (error) {
    // luaparse takes the string of `return "end"` for the end of a block.
    const mended = text.replace(/\breturn(\s*)(["'])end\2/g, 'return$1($2end$2)');
    if (mended !== text && error instanceof SyntaxError) return parseMended(mended, place, onNode);
    throw asFault(error, place);
  }
}

function parseMended(text: string, place: TextPlace, onNode: (node: Node) => void): Chunk {
  try {
    return parseOnce(text, place, onNode);
  } catch (error) {
    throw asFault(error, place);
  }
}

function parseOnce(text: string, place: TextPlace, onNode: (node: Node) => void): Chunk {
  const onCreateNode = (node: Node): void => {
    noteParentheses(text, node);
    if ('range' in node) node.range = [place.fixedOffset ?? startOf(node) + place.shift, endOf(node)];
    if (node.type === 'NumericLiteral') refuseCType(node.raw, startOf(node));
    onNode(node);
  };
  return parse(text, {
    luaVersion: 'LuaJIT',
    encodingMode: 'pseudo-latin1',
    ranges: true,
    locations: true,
    comments: false,
    onCreateNode,
  });
}

/** An opening parenthesis before a node is its own, unless it is that of the call that the node is an argument of. */
function noteParentheses(text: string, node: Node): void {
  if (node.type === 'CallExpression') {
    const [first] = node.arguments;
    const own = text.indexOf('(', endOf(node.base));
    if (first !== undefined && parentheses.get(first) === own) parentheses.delete(first);
  }
  if (!/^(?:|String|Table)CallExpression$|^VarargLiteral$/.test(node.type)) return;
  let before = startOf(node) - 1;
  while (/\s/.test(text[before] ?? '')) before--;
  if (text[before] === '(') parentheses.set(node, before);
}

/** LuaJIT's numbers of C types and complex ones have another arithmetic. */
function refuseCType(raw: string, offset: number): void {
  if (/(?:i|u?ll)$/i.test(raw))
    throw new LuaFault(`the number ${raw} is one of LuaJIT's C types: expected a plain one`, offset);
}

/** A refusal of luaparse, whose message begins with a place that the zone file's replaces. */
function asFault(error: unknown, { about, shift, fixedOffset }: TextPlace): Error {
  if (error instanceof LuaFault) return error;
  // The parser recurses, so that absurd nesting ends its stack.
  if (error instanceof RangeError) return new LuaFault(`${about}the code is nested too deeply`, fixedOffset ?? 0);
  if (!(error instanceof SyntaxError)) return error instanceof Error ? error : new Error(String(error));
  const index: unknown = 'index' in error ? error.index : 0;
  const offset = typeof index === 'number' ? index : 0;
  const line: unknown = 'line' in error ? error.line : 1;
  const where = fixedOffset === undefined ? '' : `line ${Number(line)}: `;
  return new LuaFault(about + where + error.message.replace(/^\[\d+:\d+\] /, ''), fixedOffset ?? offset + shift);
}

function startOf(node: object): number {
  return rangeOf(node, 0);
}

function endOf(node: object): number {
  return rangeOf(node, 1);
}

function rangeOf(node: object, index: 0 | 1): number {
  const range: unknown = 'range' in node ? node.range : undefined;
  const place: unknown = Array.isArray(range) ? range[index] : undefined;
  return typeof place === 'number' ? place : 0;
}

/** Where a node begins in the record's code. */
export function offsetOf(node: object): number {
  return startOf(node);
}

/** The line of its text in which a node begins, from 1. */
export function lineOf(node: Statement | Expression): number {
  return node.loc?.start.line ?? 1;
}

/** Whether a call or `...` stands in parentheses, which cut several values to one. */
export function isInParentheses(node: Expression): boolean {
  return parentheses.has(node);
}

/** Whether an expression may give more values than one, or none. */
export function isOpen(node: Expression | undefined): boolean {
  return (
    node !== undefined && /^(?:|String|Table)CallExpression$|^VarargLiteral$/.test(node.type) && !isInParentheses(node)
  );
}
