/** A process that publishes without end and says what it published, to be killed by a test. */
import { publish } from '../conformance.fixture.ts';
import { openEmbeddedStore } from './sqlite-store.ts';

const store = openEmbeddedStore(process.argv[2] ?? '');
for (let count = 0; ; count++) {
  const { sequence } = await publish(store, `release ${count} ${'x'.repeat(50_000)}`);
  process.stdout.write(`${sequence}\n`);
  await new Promise((resolve) => setImmediate(resolve));
}
