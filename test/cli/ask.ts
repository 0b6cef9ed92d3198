/** Asks a coordinator from outside: DNS over UDP and TCP with the room dns's own codec, HTTP by fetch. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { parseType } from '#dns/wire/constants.ts';
import { decodeMessage, encodeQuery, formatMessage } from '#dns/wire/message.ts';
import { parseName } from '#dns/wire/name.ts';
import { MessageFramer, frameMessage } from '#serve/message-framer.ts';
import { waitFor } from '../lab/wait.ts';
import { dnsPort } from './world.ts';

const patienceMs = 5_000;

/** Asks `NAME TYPE` over UDP; gives the answer as lines: status and flags, then `section: record`. */
export async function askUdp(address: string, question: string): Promise<string> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  try {
    const signal = AbortSignal.timeout(patienceMs);
    // Connected, so that a closed port is an error at once.
    socket.connect(dnsPort, address);
    await once(socket, 'connect', { signal });
    const answer = once(socket, 'message', { signal });
    socket.send(queryOf(question));
    const arguments_: unknown = await answer;
    return read(Array.isArray(arguments_) ? arguments_[0] : undefined);
  } finally {
    socket.close();
  }
}

/** The same over TCP. */
export async function askTcp(address: string, question: string): Promise<string> {
  const socket = connect(dnsPort, address);
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(patienceMs) });
    socket.write(frameMessage(queryOf(question)));
    const framer = new MessageFramer();
    for await (const chunk of socket.setTimeout(patienceMs, () => socket.destroy(new Error('no answer')))) {
      assert.ok(chunk instanceof Uint8Array);
      const [message] = framer.push(chunk);
      if (message !== undefined) return read(message);
    }
    throw new Error('closed without an answer');
  } finally {
    socket.destroy();
  }
}

/** The addresses in the answer to `name A`, sorted. */
export async function addressesOf(server: string, name: string): Promise<readonly string[]> {
  const answer = await askUdp(server, `${name} A`);
  return [...answer.matchAll(/^answer: .* IN A (\S+)$/gm)].map(([, address = '']) => address).sort();
}

/** Waits until `name` has exactly these addresses. */
export async function untilAnswered(server: string, name: string, addresses: readonly string[]): Promise<void> {
  const wanted = [...addresses].sort().join(' ');
  await waitFor(
    `${name} at ${server} to be ${wanted}`,
    async () => {
      const seen = await addressesOf(server, name).then((list) => list.join(' '), String);
      return seen === wanted ? true : seen;
    },
    { deadlineMs: 10_000 },
  );
}

/** An answer of the API. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Calls the API. A body that is text goes as it is. */
export async function callApi(
  url: string,
  { body, token }: { readonly body?: unknown; readonly token?: string } = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    signal: AbortSignal.timeout(patienceMs),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

function queryOf(question: string): Uint8Array {
  const [text = '', word = ''] = question.split(' ');
  const name = parseName(text);
  const type = parseType(word);
  assert.ok(name.ok && type !== undefined, `no question: ${question}`);
  return encodeQuery(1, { name: name.value, type }, { udpBytes: 1232 });
}

function read(bytes: unknown): string {
  assert.ok(bytes instanceof Uint8Array);
  const message = decodeMessage(bytes);
  assert.ok(message.ok, JSON.stringify(message));
  return formatMessage(message.value);
}
