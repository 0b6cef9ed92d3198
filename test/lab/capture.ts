/**
 * What tcpdump saw of one speaker's BGP messages, in order: which kinds, in which TCP connection, with which prefixes.
 * Reads the text of `tcpdump -v`, so that another program than ours says what was on the wire.
 */

/** One message. */
export interface CapturedMessage {
  /** The speaker's TCP port, which names the connection. */
  readonly port: number;
  readonly kind: 'open' | 'update' | 'endOfRib' | 'notification' | 'keepalive' | 'other';
  /** The prefixes that an UPDATE announces. */
  readonly announced: readonly string[];
  /** The first line as tcpdump wrote it. */
  readonly text: string;
}

/** A bash command that captures what `source` sends by BGP into `file`; it prints its process id. */
export function captureCommand(source: string, file: string): string {
  const filter = `src host ${source} and tcp port 179`;
  return `setsid tcpdump -Z root --immediate-mode -l -n -v -s 0 -i any '${filter}' >${file} 2>${file}.errors & echo $!`;
}

const kinds: ReadonlyMap<string, CapturedMessage['kind']> = new Map([
  ['Open', 'open'],
  ['Update', 'update'],
  ['Notification', 'notification'],
  ['Keepalive', 'keepalive'],
]);

/** Reads what the command has written so far; a packet that is half written counts as far as it goes. */
export function parseCapture(text: string): readonly CapturedMessage[] {
  const messages: { -readonly [Key in keyof CapturedMessage]: CapturedMessage[Key] }[] = [];
  let port = 0;
  let isAnnouncing = false;
  for (const line of text.split('\n')) {
    const packet = /^\s+[\d.]+\.(\d+) > [\d.]+\.(\d+): Flags/.exec(line);
    if (packet !== null) {
      // Whoever dialed has the port that is not BGP's.
      port = Number(packet[1] === '179' ? packet[2] : packet[1]);
      continue;
    }
    const start = /^\s+(\w[\w ]*?) Message \(\d+\), length: \d+/.exec(line);
    const last = messages.at(-1);
    if (start !== null) {
      messages.push({ port, kind: kinds.get(start[1] ?? '') ?? 'other', announced: [], text: line.trim() });
      isAnnouncing = false;
    } else if (line.includes('End-of-Rib Marker') && last !== undefined) last.kind = 'endOfRib';
    else if (line.includes('Updated routes:')) isAnnouncing = true;
    else if (isAnnouncing && last !== undefined) {
      const prefix = /^\s+([\d.]+\/\d+)$/.exec(line)?.[1];
      if (prefix === undefined) isAnnouncing = false;
      else last.announced = [...last.announced, prefix];
    }
  }
  return messages;
}

/** The connections in the order in which they began, each with its messages. */
export function byConnection(messages: readonly CapturedMessage[]): readonly (readonly CapturedMessage[])[] {
  const connections: CapturedMessage[][] = [];
  let port: number | undefined;
  for (const message of messages) {
    if (message.kind === 'open' || message.port !== port) connections.push([]);
    port = message.port;
    connections.at(-1)?.push(message);
  }
  return connections;
}
