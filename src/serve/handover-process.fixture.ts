/**
 * A process that takes over what is offered at a path, serves an echo, and offers its own sockets there in turn.
 *
 * Its argument is JSON: path, listen, threads, prefix, and where it shall end without a word (`vanish`).
 */
import { parseIp } from '#base/ip.ts';
import { listenDns } from './dns-server.ts';
import { echoModule } from './echo-answerer.fixture.ts';
import { offerHandover } from './handover-offer.ts';
import { takeOver } from './handover.ts';

/** What the test asks of the process. */
export interface HandoverProcessOptions {
  readonly path: string;
  readonly listen: readonly { readonly address: string; readonly port: number }[];
  readonly threads: number;
  readonly prefix: string;
  /** End at once with the sockets taken, before anything is answered. */
  readonly vanishes?: boolean;
}

/** What the process tells the test. */
export type HandoverProcessNews =
  | { readonly kind: 'answering'; readonly ports: readonly number[]; readonly inherited: number }
  | { readonly kind: 'left'; readonly received: number; readonly sendFailures: number };

const options = JSON.parse(process.argv[2] ?? '{}') as HandoverProcessOptions; // written by the test
const tell = (news: HandoverProcessNews): void => void process.send?.(news);

const taken = await takeOver(options.path);
if (!taken.ok) throw new Error(taken.fault);
if (options.vanishes === true) process.exit(9);
const opened = await listenDns({
  listen: options.listen.flatMap(({ address: text, port }) => {
    const address = parseIp(text);
    return address === undefined ? [] : [{ address, port }];
  }),
  module: echoModule,
  setup: () => ({ prefix: `${options.prefix}:` }),
  sockets: { threads: options.threads },
  ...(taken.value === undefined ? {} : { inherited: taken.value.sockets }),
});
if (!opened.ok) throw new Error(JSON.stringify(opened.fault));
const server = opened.value;
await taken.value?.confirm();
const offer = await offerHandover({
  path: options.path,
  sockets: () => server.sockets,
  onTaken: () => void leave(),
});
if (!offer.ok) throw new Error(offer.fault);
const inherited = taken.value === undefined ? 0 : taken.value.sockets.udp.length + taken.value.sockets.tcp.length;
tell({ kind: 'answering', ports: server.bound.map(({ port }) => port), inherited });

async function leave(): Promise<void> {
  await server.drain(20_000);
  const { received, sendFailures } = server.counters();
  tell({ kind: 'left', received, sendFailures });
  process.disconnect();
}
