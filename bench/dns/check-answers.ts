/** Whether a server answers a dynamic case rightly: a benchmark of wrong answers says nothing. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '#base/clock.ts';
import { decodeMessage } from '#dns/wire/message.ts';
import { formatRdata } from '#dns/wire/rdata.ts';
import { subnetQuery } from './client-networks.ts';
import type { ClientNetworks } from './client-networks.ts';
import { caseName, rightAnswer } from './dynamic.ts';
import type { DynamicCase } from './dynamic.ts';
import type { Server } from './server.ts';

const limitMs = 15_000;
const pauseMs = 50;
const patienceMs = 500;
/** Answers that must be right one after the other. */
const enough = 40;

/** Waits until answers are right, which they are when the first checks are in; throws with the last wrong one. */
export async function untilRight(server: Server, name: DynamicCase, networks: ClientNetworks): Promise<void> {
  const socket = createSocket('udp4');
  socket.connect(server.port, '127.0.0.1');
  await once(socket, 'connect');
  const deadlineMs = monotonicMs() + limitMs;
  try {
    for (let right = 0; right < enough;) {
      const network = [1 + ((right * 37) % 223), (right * 101) % 256, (right * 53) % 256] as const;
      const wrong = await askOnce(socket, name, { network, country: networks.countryOf(...network) });
      right = wrong === undefined ? right + 1 : 0;
      if (wrong === undefined) continue;
      if (monotonicMs() > deadlineMs) throw new Error(`${server.peer.name} answers ${caseName(name)} with ${wrong}`);
      await sleep(pauseMs);
    }
  } finally {
    socket.close();
  }
}

/** Asks for a client of the network; gives the answer where it is wrong. */
async function askOnce(
  socket: ReturnType<typeof createSocket>,
  name: DynamicCase,
  { network, country }: { readonly network: readonly [number, number, number]; readonly country: string },
): Promise<string | undefined> {
  const timer = new AbortController();
  const reply = once(socket, 'message', { signal: timer.signal }).then(
    ([octets]: unknown[]) => (octets instanceof Uint8Array ? octets : undefined),
    () => undefined,
  );
  socket.send(subnetQuery(caseName(name), network));
  const late = setTimeout(() => {
    timer.abort();
  }, patienceMs);
  const octets = await reply;
  clearTimeout(late);
  const decoded = octets === undefined ? undefined : decodeMessage(octets);
  if (decoded?.ok !== true) return 'silence';
  const { count, addresses } = rightAnswer(name, country);
  const found = decoded.value.answers.map(({ type, rdata }) => formatRdata(type, rdata));
  if (found.length === count && found.every((address) => addresses.includes(address))) return undefined;
  return `${found.join(', ') || 'nothing'} for ${country}; expected ${count} of ${addresses.join(', ')}`;
}
