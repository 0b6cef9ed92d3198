/** Calls that only read their arguments, by the names of the globals that they go to. */
import type { Expression } from 'luaparse';
import { recordFunctionNames } from '../function-names.ts';

const readers = new Set<string>([
  ...recordFunctionNames,
  ...['tostring', 'tonumber', 'type'],
  ...['string.byte', 'string.char', 'string.find', 'string.format', 'string.gmatch', 'string.len', 'string.lower'],
  ...['string.match', 'string.rep', 'string.reverse', 'string.sub', 'string.upper', 'table.concat'],
]);

/** Whether a global or library of this name only reads what it is given. */
export function isReader(name: string): boolean {
  return readers.has(name) || name === 'string' || name === 'table' || name === 'math' || name === 'bit';
}

/** Whether a call of `base` only reads what it is given, unless the code gives the name another meaning. */
export function isReadOnlyCall(base: Expression): boolean {
  const name = calleeName(base);
  return name !== undefined && (readers.has(name) || name.startsWith('math.') || name.startsWith('bit.'));
}

/** `name` or `library.name` of a callee that is written so. */
export function calleeName(base: Expression): string | undefined {
  if (base.type === 'Identifier') return base.name;
  if (base.type !== 'MemberExpression' || base.indexer !== '.' || base.base.type !== 'Identifier') return undefined;
  return `${base.base.name}.${base.identifier.name}`;
}
