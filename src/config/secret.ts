/** Secrets lie in files of their own, so that the config can be read by anyone. */
import { readFileSync } from 'node:fs';
import type { Result } from '#base/result.ts';
import { refuse, succeed } from '#base/result.ts';

/** Reads a token from a file: one line of visible ASCII, without the white space around it. Returns why not otherwise. */
export function readTokenFile(path: string): Result<string, string> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return refuse(`cannot read the token file '${path}': ${reasonOf(error)}`);
  }
  const token = text.trim();
  if (token === '') return refuse(`the token file '${path}' is empty, expected a token`);
  // It travels in an HTTP header, which takes no other characters.
  if (!/^[\x21-\x7e]+$/.test(token)) {
    return refuse(`the token file '${path}' holds white space or other than ASCII, expected one token`);
  }
  return succeed(token);
}

/** The system's reason for a failed file operation, in words where it is a common one. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const words: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file',
    EACCES: 'permission denied',
    EISDIR: 'it is a directory',
    ENOTDIR: 'a part of its path is no directory',
  };
  return words[code] ?? (error instanceof Error ? error.message : String(error));
}
