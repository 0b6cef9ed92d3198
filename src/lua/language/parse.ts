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

/** Parses a text whole, with each node told to `onNode`; throws `LuaFault` at what is not Lua. */
export function parseText(text: string, place: TextPlace, onNode: (node: Node) => void): Chunk {
  const onCreateNode = (node: Node): void => {
    if ('range' in node && Array.isArray(node.range))
      node.range = [place.fixedOffset ?? startOf(node) + place.shift, 0];
    if (node.type === 'NumericLiteral') refuseCType(node.raw, startOf(node));
    onNode(node);
  };
  try {
    return parse(text, {
      luaVersion: 'LuaJIT',
      encodingMode: 'pseudo-latin1',
      ranges: true,
      locations: true,
      comments: false,
      onCreateNode,
    });
  } catch (error) {
    throw asFault(error, place);
  }
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
  const range: unknown = 'range' in node ? node.range : undefined;
  const start: unknown = Array.isArray(range) ? range[0] : undefined;
  return typeof start === 'number' ? start : 0;
}

/** Where a node begins in the record's code. */
export function offsetOf(node: object): number {
  return startOf(node);
}

/** The line of its text in which a node begins, from 1. */
export function lineOf(node: Statement | Expression): number {
  return node.loc?.start.line ?? 1;
}

/** Whether an expression stands in parentheses, which cut several values to one. */
export function isInParentheses(node: Expression): boolean {
  return 'inParens' in node && node.inParens === true;
}

/** Whether an expression may give more values than one, or none. */
export function isOpen(node: Expression | undefined): boolean {
  return (
    node !== undefined && /^(?:|String|Table)CallExpression$|^VarargLiteral$/.test(node.type) && !isInParentheses(node)
  );
}
