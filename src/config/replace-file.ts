/** Replaces a small file whole: what is on disk is the old text or the new one, also after a crash or on a full disk. */
import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Temporary file, sync, rename, sync of the folder; synchronous. Throws the system's error. */
export function replaceFile(path: string, text: string): void {
  const temporary = `${path}.new`;
  const file = openSync(temporary, 'w', 0o640);
  try {
    // Not writeSync: a disk that fills up takes a part and says nothing until the next write.
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
