/**
 * A process that serves an echo on a port of loopback and tells its parent when it does; then it does what the parent
 * says: throw, spin for ever, or exit.
 *
 * Its arguments are the mode, `batches` or `portable`, and the port.
 */
import type { IpAddress } from '#base/ip.ts';
import { listenDns } from './dns-server.ts';
import { echoModule } from './echo-answerer.fixture.ts';

const [mode, port] = process.argv.slice(2);
const opened = await listenDns({
  listen: [{ address: '127.0.0.1' as IpAddress, port: Number(port) }],
  module: echoModule,
  setup: () => ({ prefix: ':' }),
  sockets: { threads: 2 },
  silenceLimitMs: 1000,
  isPortable: mode === 'portable',
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
process.send?.('answering');
