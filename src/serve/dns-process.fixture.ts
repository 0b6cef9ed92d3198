/**
 * A process that serves an echo on a free port of loopback and tells it to its parent; then it does what the parent
 * says: throw, spin for ever, exit, or exit from within an uncaught exception's handler.
 */
import type { IpAddress } from '#base/ip.ts';
import { listenDns } from './dns-server.ts';
import { echoModule } from './echo-answerer.fixture.ts';

const opened = await listenDns({
  listen: [{ address: '127.0.0.1' as IpAddress, port: 0 }],
  module: echoModule,
  setup: () => ({ prefix: ':' }),
  sockets: { threads: 2 },
  silenceLimitMs: 1000,
  isPortable: process.argv[2] === 'portable',
});
if (!opened.ok) throw new Error(JSON.stringify(opened.fault));

process.on('message', (word) => {
  switch (word) {
    case 'throw':
      throw new Error('told to throw');
    case 'spin':
      for (;;);
    case 'exit':
      process.exit(3);
  }
});
process.send?.(opened.value.bound[0]?.port);
