/** An answerer for tests: echoes after a prefix that updates change, and obeys a few words. */
import type { AnswererModule } from './dns-server.ts';
import type { AnswerFunction } from '#dns/answer/answerer.ts';
import type { ThreadAnswerer } from './thread-answerer.ts';

export interface EchoSetup {
  readonly prefix: string;
}

export interface EchoUpdate {
  readonly prefix: string;
}

export const echoModule: AnswererModule<EchoSetup, EchoUpdate, never> = { url: new URL(import.meta.url) };

/**
 * An empty query gets no reply, `silence` neither; `throw` throws; `large` gets 65,535 octets; `address` gets the
 * client's octets; `idle` gets the stated timeout; `transfer N` over TCP gets N messages of 1000 octets with their
 * number first. Everything else gets the transport's first letter, the prefix, and itself.
 */
export function createThreadAnswerer(setup: EchoSetup): ThreadAnswerer<EchoUpdate> {
  let prefix = Buffer.from(setup.prefix);
  const answer: AnswerFunction = (query, length, client, out) => {
    const text = Buffer.from(query.buffer, query.byteOffset, length).toString();
    switch (text) {
      case '':
      case 'silence':
        return 0;
      case 'throw':
        throw new Error('told to throw');
      case 'large':
        return out.fill(0x78).length;
      case 'address':
        return write(out, client.address.join('.'));
      case 'idle':
        return write(out, String(client.idleTimeoutMs));
      default:
        out[0] = client.transport.charCodeAt(0);
        out.set(prefix, 1);
        out.set(query.subarray(0, length), 1 + prefix.length);
        return 1 + prefix.length + length;
    }
  };
  return {
    answer,
    apply: (update) => {
      prefix = Buffer.from(update.prefix);
    },
    transfer: (query, length) => {
      const messages = /^transfer (\d+)$/.exec(Buffer.from(query.buffer, query.byteOffset, length).toString())?.[1];
      return messages === undefined ? undefined : numbered(Number(messages));
    },
  };
}

function* numbered(count: number): Generator<Uint8Array, undefined> {
  const message = Buffer.alloc(1000);
  for (let number = 0; number < count; number++) {
    message.writeUInt32BE(number);
    yield message;
  }
}

function write(out: Uint8Array, text: string): number {
  out.set(Buffer.from(text));
  return text.length;
}
