/** What the kernel of this machine has dropped of BGP connections, from /proc/net/netstat: wrong TCP-MD5, too low a TTL. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** Since the machine's start; zero where the system does not say. */
export const kernelDropsSchema = z.object({ md5Failures: z.number(), minTtlDrops: z.number() });

export type KernelDrops = Readonly<z.infer<typeof kernelDropsSchema>>;

/** Reads the counters now. */
export function readKernelDrops(path = '/proc/net/netstat'): KernelDrops {
  try {
    return parseKernelDrops(readFileSync(path, 'utf8'));
  } catch {
    return { md5Failures: 0, minTtlDrops: 0 };
  }
}

/** Reads pairs of lines, of names and of values. */
export function parseKernelDrops(text: string): KernelDrops {
  const lines = text.split('\n').filter((line) => line.startsWith('TcpExt:'));
  const [names = [], values = []] = lines.map((line) => line.split(' '));
  const valueOf = (name: string): number => {
    const index = names.indexOf(name);
    return index < 0 ? 0 : Number(values[index] ?? 0);
  };
  return {
    md5Failures: valueOf('TCPMD5NotFound') + valueOf('TCPMD5Unexpected') + valueOf('TCPMD5Failure'),
    minTtlDrops: valueOf('TCPMinTTLDrop'),
  };
}
