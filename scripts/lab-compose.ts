/** Prints docker-compose.yml as test/lab/world.ts has it; `--write` puts it in its place. */
import { writeFileSync } from 'node:fs';
import { composeText } from '../test/lab/compose.ts';

const text = composeText();
if (process.argv.includes('--write')) writeFileSync(new URL('../docker-compose.yml', import.meta.url), text);
else process.stdout.write(text);
