/**
 * What processes have used, read from /proc: CPU time of all their threads, and memory.
 *
 * Total CPU comes from the scheduler's nanoseconds (`schedstat`); how it splits into user and system comes from the
 * clock ticks of `stat`, which are coarse, so the split is exact only over seconds.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** CPU that processes have used since they started. */
export interface CpuReading {
  /** Nanoseconds on a CPU by thread. */
  readonly byThread: ReadonlyMap<string, number>;
  readonly userTicks: number;
  readonly systemTicks: number;
}

/** CPU between two readings. */
export interface CpuUse {
  readonly totalUs: number;
  readonly userUs: number;
  readonly systemUs: number;
}

/** Memory of processes, in KiB. */
export interface MemoryReading {
  /** Proportional set size: a page that n processes share counts 1/n in each. */
  readonly pssKib: number;
  /** Resident set size; shared pages count in each process. */
  readonly rssKib: number;
  /** The highest resident set size so far. */
  readonly peakKib: number;
}

/** The process and all its descendants. */
export function processTree(root: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const parent = Number(statFields(Number(entry))[1]);
    if (!children.has(parent)) children.set(parent, []);
    children.get(parent)?.push(Number(entry));
  }
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

/** Reads the CPU that these processes have used so far. */
export function readCpu(pids: readonly number[]): CpuReading {
  const byThread = new Map<string, number>();
  let userTicks = 0;
  let systemTicks = 0;
  for (const pid of pids) {
    const fields = statFields(pid);
    userTicks += Number(fields[11] ?? 0);
    systemTicks += Number(fields[12] ?? 0);
    for (const thread of list(`/proc/${pid}/task`)) {
      const nanoseconds = Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(' ')[0]);
      byThread.set(`${pid}/${thread}`, nanoseconds);
    }
  }
  return { byThread, userTicks, systemTicks };
}

/** The CPU that was used from one reading to the next. */
export function cpuBetween(before: CpuReading, after: CpuReading): CpuUse {
  let nanoseconds = 0;
  for (const [thread, value] of after.byThread) nanoseconds += value - (before.byThread.get(thread) ?? 0);
  const totalUs = nanoseconds / 1000;
  const user = after.userTicks - before.userTicks;
  const system = after.systemTicks - before.systemTicks;
  const userUs = user + system === 0 ? 0 : (totalUs * user) / (user + system);
  return { totalUs, userUs, systemUs: totalUs - userUs };
}

/** Reads the memory of these processes together. */
export function readMemory(pids: readonly number[]): MemoryReading {
  const sum = (file: string, key: string): number =>
    pids.reduce(
      (total, pid) =>
        total + Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(read(`/proc/${pid}/${file}`))?.[1] ?? 0),
      0,
    );
  return { pssKib: sum('smaps_rollup', 'Pss'), rssKib: sum('status', 'VmRSS'), peakKib: sum('status', 'VmHWM') };
}

/** The fields of a process's `stat` after its name: state is the first, the parent the second. */
function statFields(pid: number): readonly string[] {
  const text = read(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** Empty where the process has ended meanwhile. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function list(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
