/** A file of a lab host, as text and mode. Nothing here touches a disk: main.ts writes them. */
export interface HostFile {
  readonly path: string;
  readonly text: string;
  readonly isExecutable: boolean;
}

/** A plain file; blank lines around the text are dropped. */
export function file(path: string, text: string): HostFile {
  return { path, text: `${text.trim()}\n`, isExecutable: false };
}

/** A bash script at `path` that stops at its first error. */
export function script(path: string, body: string): HostFile {
  return { path, text: `#!/bin/bash\nset -euo pipefail\n${body.trim()}\n`, isExecutable: true };
}

/** A daemon of the host: `daemon start NAME` runs `command`, `daemon kill NAME` ends it (images/daemon). */
export function daemon(name: string, command: string): HostFile {
  return script(`/etc/lab/daemons/${name}`, `exec ${command}`);
}

/** What the host does to its own network before its daemons start. */
export function setup(body: string): HostFile {
  return script('/etc/lab/setup', body);
}
