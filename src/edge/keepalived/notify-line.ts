/**
 * The lines that keepalived writes to its VRRP notify FIFO: `INSTANCE "VI_1" MASTER 150`. Pure.
 *
 * Lines of sync groups and of the LVS FIFO are not about an address and are left out.
 */
import type { VipReport } from '#health/report.ts';

/** What one line says about one VRRP instance. */
export interface InstanceNotice {
  readonly instance: string;
  readonly state: VipReport['state'];
  readonly priority: number;
}

const grammar = /^INSTANCE "(.+)" ([A-Z_]+) (\d+)$/;

// The last three tell of a priority, and by their name of the state that has it.
const states: Readonly<Record<string, VipReport['state']>> = {
  MASTER: 'MASTER',
  BACKUP: 'BACKUP',
  FAULT: 'FAULT',
  STOP: 'STOP',
  DELETED: 'unknown',
  MASTER_RX_LOWER_PRI: 'MASTER',
  MASTER_PRIORITY: 'MASTER',
  BACKUP_PRIORITY: 'BACKUP',
};

/** Parses one line without its line end; undefined for anything but a known notice of an instance. */
export function parseNotifyLine(line: string): InstanceNotice | undefined {
  const match = grammar.exec(line);
  const state = states[match?.[2] ?? ''];
  if (match === null || state === undefined) return undefined;
  return { instance: match[1] ?? '', state, priority: Number(match[3]) };
}

/** Cuts a stream of chunks into lines; `push` returns the lines that the chunk completed. */
export function createLineSplitter(): { push(chunk: string): readonly string[] } {
  let rest = '';
  return {
    push: (chunk) => {
      const parts = (rest + chunk).split('\n');
      // A line without end is no line of keepalived's: keep its tail only.
      rest = (parts.pop() ?? '').slice(-maxLineLength);
      return parts;
    },
  };
}

const maxLineLength = 1024;
