/** Run as a process, so that its trusted roots are its own: checks TLS at a port, by the name www.example.com and another. */
import { checkOf, httpKind, run } from './checks.fixture.ts';

const port = Number(process.argv[2]);
const verified = { verifyTls: true, expiryWarningMs: 86_400_000 };
const outcomes = [
  await run(checkOf({ kind: 'tls', ...verified, serverName: 'www.example.com' }, port)),
  await run(checkOf({ kind: 'tls', ...verified, serverName: 'www.example.com', expiryWarningMs: 4e12 }, port)),
  await run(checkOf({ kind: 'tls', ...verified, serverName: 'www.example.org' }, port)),
  await run(checkOf(httpKind({ kind: 'https', ...verified, host: 'www.example.com' }), port)),
];
process.stdout.write(JSON.stringify(outcomes));
