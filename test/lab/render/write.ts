/** Writes every host's files below a folder, as `FOLDER/HOST/etc/…`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hosts } from '../world.ts';
import { hostFiles } from './host.ts';

export function writeHostFiles(folder: string): void {
  for (const host of hosts) {
    mkdirSync(join(folder, host.name), { recursive: true });
    for (const { path, text, isExecutable } of hostFiles(host)) {
      const target = join(folder, host.name, path);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, text, { mode: isExecutable ? 0o755 : 0o644 });
    }
  }
}
