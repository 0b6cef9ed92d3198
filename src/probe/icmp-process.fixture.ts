/** Sends echoes from a process of its own, in a network where that is permitted, and prints the outcomes as JSON. */
import { present } from '#base/assert.ts';
import { parseIp } from '#base/ip.ts';
import { defineCheck } from '#health/check-definition.ts';
import { CheckRunner } from './run-check.ts';

const runner = new CheckRunner({ execDirectories: [] });
const timing = { intervalMs: 1000, timeoutMs: 60_000, rise: 1, fall: 1 };
const outcomes = await Promise.all(
  process.argv.slice(2).map((text) => {
    const address = present(parseIp(text), text);
    const check = defineCheck({ what: { kind: 'icmp' }, address, port: 1, ...timing });
    return new Promise((resolve) => {
      runner.start(check, resolve);
    });
  }),
);
runner.close();
console.log(JSON.stringify(outcomes));
