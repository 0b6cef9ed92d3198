/** Real DNS queries in a steady stream, over UDP and TCP, counted: what is not answered is lost. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { encodeQuery } from '#dns/wire/message.ts';
import { parseName, rootName } from '#dns/wire/name.ts';
import { frameMessage, MessageFramer } from '#serve/message-framer.ts';
import type { Scope } from './scope.ts';
import { dnsPort } from './world.ts';

/** What a load has seen so far. */
export interface DnsLoad {
  readonly udp: { sent: number; answered: number };
  readonly tcp: { sent: number; answered: number };
  /** Replies with another response code than NOERROR. */
  bad: number;
  /** Ends the load and waits for what is owed; resolves with the queries that got no reply. */
  stop(): Promise<number>;
}

/** Queries under way at once: fewer than any queue on the way holds. */
const windowQueries = 20;
/** What has not come so long after the end of the load is lost. */
const giveUpMs = 3000;
const pipelined = 5;

/** Asks for the addresses of `name` at `address` until stopped; at the latest when the scope is over. */
export function startDnsLoad(scope: Scope, address: string, name: string): DnsLoad {
  const parsed = parseName(name);
  const question = { name: parsed.ok ? parsed.value : rootName, type: 1 };
  const ending = new AbortController();
  const load = {
    udp: { sent: 0, answered: 0 },
    tcp: { sent: 0, answered: 0 },
    bad: 0,
  };
  const note = (reply: Uint8Array, count: { answered: number }): void => {
    count.answered++;
    if (((reply[3] ?? 0) & 0xf) !== 0) load.bad++;
  };
  const over = [askUdp(), askTcp()];
  const stop = async (): Promise<number> => {
    ending.abort();
    const lost = await Promise.all(over);
    return lost.reduce((sum, count) => sum + count, 0);
  };
  scope.after(stop);
  return Object.assign(load, { stop });

  async function askUdp(): Promise<number> {
    const socket = createSocket('udp4');
    const owed = new Set<number>();
    const done = Promise.withResolvers<undefined>();
    let id = 0;
    const send = (): void => {
      id = (id + 1) & 0xffff;
      owed.add(id);
      load.udp.sent++;
      socket.send(encodeQuery(id, question), dnsPort, address);
    };
    socket.on('message', (reply) => {
      if (owed.delete(reply.readUInt16BE(0))) note(reply, load.udp);
      if (!ending.signal.aborted) send();
      else if (owed.size === 0) done.resolve(undefined);
    });
    for (let count = 0; count < windowQueries; count++) send();
    await once(ending.signal, 'abort');
    const late = setTimeout(() => done.resolve(undefined), giveUpMs);
    await done.promise;
    clearTimeout(late);
    socket.close();
    return owed.size;
  }

  async function askTcp(): Promise<number> {
    let lost = 0;
    while (!ending.signal.aborted) {
      load.tcp.sent += pipelined;
      const answered = await askOnce().catch(() => 0);
      lost += pipelined - answered;
    }
    return lost;
  }

  /** One connection with a few pipelined queries. */
  async function askOnce(): Promise<number> {
    const socket = connect(dnsPort, address);
    const framer = new MessageFramer();
    let answered = 0;
    try {
      await once(socket, 'connect');
      for (let id = 1; id <= pipelined; id++) socket.write(frameMessage(encodeQuery(id, question)));
      for await (const chunk of socket) {
        for (const reply of framer.push(chunk as Uint8Array)) {
          note(reply, load.tcp);
          answered++;
        }
        if (answered === pipelined) break;
      }
    } catch {
      // What did not come is counted as lost.
    } finally {
      socket.destroy();
    }
    return answered;
  }
}
