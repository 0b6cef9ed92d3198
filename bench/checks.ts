/**
 * What many checks cost: `node bench/checks.ts [--checks 10000] [--interval 10] [--seconds 30] [--kinds fresh,kept]`.
 *
 * Every check is an HTTP GET of a target of its own in 127.0.0.0/8, once with a new connection for each run, once with
 * kept ones. The servers, the prober and this process are three processes; CPU and memory are the prober's alone. A round
 * goes before the measurement. Late is by how much a check began after its slot; the bars are those of CoreDNS-GSLB's
 * published 18 % of a core and 286 MB for as many checks, and half of that where connections are kept.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { formatIp } from '#base/ip.ts';
import { defineCheck } from '#health/check-definition.ts';
import type { CheckDefinition } from '#health/check-definition.ts';
import { httpDefaults } from '#health/check-kind.ts';
import type { HttpKind } from '#health/check-kind.ts';
import { createProber } from '#probe/prober.ts';
import { collectGarbage } from '#serve/collect-garbage.ts';
import { cpuBetween, readCpu, readMemory } from './dns/process-figures.ts';

interface Settings {
  readonly checks: number;
  readonly intervalSeconds: number;
  readonly seconds: number;
}

const bars = {
  fresh: { cpuPercent: 18, rssMegabytes: 286 },
  kept: { cpuPercent: 9, rssMegabytes: 143 },
} as const;
type Kind = keyof typeof bars;

const latenessBarMs = 100;

/** V8 lets its young generation grow to 100 MB and more where nothing bounds it, and collects no less often for it. */
const proberFlags = ['--max-semi-space-size=4'];

/** What the prober's process tells: its first round is over, then what it saw in the measured time. */
interface Seen {
  readonly firstRoundMs?: number;
  readonly runs?: number;
  readonly failures?: number;
  readonly latenessMs?: readonly number[];
  readonly reason?: string;
}

async function main(args: readonly string[]): Promise<void> {
  const [role, ...rest] = args;
  if (role === 'server') {
    serve(rest[0] === 'kept');
    return;
  }
  if (role === 'prober') {
    await probe(rest[0] === 'kept', Number(rest[1]), {
      checks: Number(rest[2]),
      intervalSeconds: Number(rest[3]),
      seconds: 0,
    });
    return;
  }
  const { values } = parseArgs({
    args: [...args],
    options: {
      checks: { type: 'string', default: '10000' },
      interval: { type: 'string', default: '10' },
      seconds: { type: 'string', default: '30' },
      kinds: { type: 'string', default: 'fresh,kept' },
    },
  });
  const settings = {
    checks: Number(values.checks),
    intervalSeconds: Number(values.interval),
    seconds: Number(values.seconds),
  };
  console.log(
    `${settings.checks} HTTP checks every ${settings.intervalSeconds} s, measured for ${settings.seconds} s, node ${proberFlags.join(' ')}`,
  );
  let isWithin = true;
  for (const kind of ['fresh', 'kept'] as const) {
    if (values.kinds.split(',').includes(kind)) isWithin = (await measure(kind, settings)) && isWithin;
  }
  process.exitCode = isWithin ? 0 : 1;
}

/** Measures one kind and prints a line; returns whether it is within its bars. */
async function measure(kind: Kind, settings: Settings): Promise<boolean> {
  const server = start(['server', kind]);
  const [port] = (await once(server, 'message')) as [number];
  const prober = start(['prober', kind, String(port), String(settings.checks), String(settings.intervalSeconds)]);
  const [first] = (await once(prober, 'message')) as [Seen];
  // The second round still carries traces of the first, in which all were due at once.
  await sleep(settings.intervalSeconds * 1500);
  const pids = [prober.pid ?? 0];
  prober.send('begin');
  const before = readCpu(pids);
  const startedAt = performance.now();
  await sleep(settings.seconds * 1000);
  const use = cpuBetween(before, readCpu(pids));
  const seconds = (performance.now() - startedAt) / 1000;
  const memory = readMemory(pids);
  prober.send('end');
  const [seen] = (await once(prober, 'message')) as [Seen];
  prober.kill();
  server.kill();
  return report(kind, { first, seen, seconds, totalUs: use.totalUs, userUs: use.userUs, rssKib: memory.rssKib });
}

interface Measured {
  readonly first: Seen;
  readonly seen: Seen;
  readonly seconds: number;
  readonly totalUs: number;
  readonly userUs: number;
  readonly rssKib: number;
}

function report(kind: Kind, { first, seen, seconds, totalUs, userUs, rssKib }: Measured): boolean {
  const bar = bars[kind];
  const cpuPercent = totalUs / seconds / 10_000;
  const rssMegabytes = (rssKib * 1024) / 1e6;
  const late = (seen.latenessMs ?? []).toSorted((a, b) => a - b);
  const at = (share: number): number => late[Math.min(late.length - 1, Math.floor(late.length * share))] ?? NaN;
  const p99 = at(0.99);
  const runs = seen.runs ?? 0;
  const fields = [
    kind.padEnd(6),
    `${cpuPercent.toFixed(1)} % of a core (bar ${bar.cpuPercent} %; user ${(userUs / seconds / 10_000).toFixed(1)} %)`,
    `${(totalUs / runs).toFixed(0)} us a check`,
    `RSS ${rssMegabytes.toFixed(0)} MB (bar ${bar.rssMegabytes})`,
    `late p50 ${at(0.5).toFixed(1)} ms, p99 ${p99.toFixed(1)} ms (bar ${latenessBarMs}), most ${at(1).toFixed(1)} ms`,
    `${(runs / seconds).toFixed(0)} a second, ${seen.failures ?? 0} failed${seen.reason === undefined ? '' : ` (${seen.reason})`}`,
    `first round ${((first.firstRoundMs ?? 0) / 1000).toFixed(1)} s`,
  ];
  console.log(fields.join('  '));
  return cpuPercent < bar.cpuPercent && rssMegabytes < bar.rssMegabytes && p99 < latenessBarMs && seen.failures === 0;
}

function start(args: readonly string[]): ChildProcess {
  // As bin/fairlead.js: compiled code is kept, so that no process carries the compiler of TypeScript.
  const cache = fileURLToPath(new URL('../node_modules/.cache/fairlead', import.meta.url));
  const env = { ...process.env, NODE_COMPILE_CACHE: cache };
  return fork(fileURLToPath(import.meta.url), args, {
    env,
    execArgv: [...proberFlags],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

/** Answers every request on every address of this machine, as cheaply as can be. */
function serve(keeps: boolean): void {
  const answer = Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: 3\r\n${keeps ? '' : 'Connection: close\r\n'}\r\nok\n`);
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => {
      if (keeps) socket.write(answer);
      else socket.end(answer);
    });
  });
  server.listen({ port: 0, host: '0.0.0.0', backlog: 4096 }, () => {
    const address = server.address();
    process.send?.(typeof address === 'object' ? address?.port : undefined);
  });
}

async function probe(keeps: boolean, port: number, settings: Settings): Promise<void> {
  let isMeasuring = false;
  let runs = 0;
  let failures = 0;
  let reason: string | undefined;
  const latenessMs: number[] = [];
  const prober = createProber({
    onResult: (result) => {
      if (!isMeasuring) return;
      runs++;
      latenessMs.push(result.latenessMs);
      if (!result.passed) {
        failures++;
        reason = result.reason;
      }
    },
    onUnable: (check, why) => {
      console.log(`${check.id}: ${why}`);
    },
  });
  const startedAt = performance.now();
  // One entry of a config for all its targets.
  const what = { ...httpDefaults, kind: 'http', path: '/healthz', reuseConnection: keeps } as const;
  prober.replace(Array.from({ length: settings.checks }, (_, index) => checkOf(index, port, what, settings)));
  await prober.roundComplete();
  const firstRoundMs = performance.now() - startedAt;
  // As a coordinator does when a release has come into force.
  collectGarbage();
  process.on('message', (message) => {
    isMeasuring = message === 'begin';
    if (!isMeasuring) process.send?.({ runs, failures, reason, latenessMs } satisfies Seen | { reason: undefined });
  });
  process.send?.({ firstRoundMs } satisfies Seen);
}

function checkOf(index: number, port: number, what: HttpKind, settings: Settings): CheckDefinition {
  return defineCheck({
    what,
    address: formatIp(Uint8Array.of(127, 1 + (index >> 16), (index >> 8) & 255, index & 255)),
    port,
    intervalMs: settings.intervalSeconds * 1000,
    timeoutMs: 2000,
    rise: 2,
    fall: 3,
  });
}

await main(process.argv.slice(2));
