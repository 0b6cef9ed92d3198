/**
 * Watches one keepalived: looks at the node's addresses every interval, and at once when the notify FIFO speaks.
 */
import type { IpAddress } from '#base/ip.ts';
import type { VipReport } from '#health/report.ts';
import { createFifoReader } from './fifo-reader.ts';
import { localAddresses } from './local-addresses.ts';
import { parseNotifyLine } from './notify-line.ts';
import type { InstanceNotice } from './notify-line.ts';
import { createKeepalivedTracker } from './tracker.ts';
import type { InstanceMapping, KeepalivedInput } from './tracker.ts';

export interface KeepalivedMonitorOptions {
  readonly instances: readonly InstanceMapping[];
  /** Undefined: no notices, presence alone. */
  readonly fifoPath: string | undefined;
  readonly intervalMs: number;
  /** Full state, after each look and each notice. */
  readonly onReports: (reports: readonly VipReport[]) => void;
  readonly onEvent?: (event: KeepalivedEvent) => void;
  /** For tests; this machine's addresses where absent. */
  readonly readAddresses?: () => ReadonlySet<IpAddress>;
}

export type KeepalivedEvent =
  | { readonly kind: 'notice'; readonly notice: InstanceNotice }
  | { readonly kind: 'fifoOpen' }
  | { readonly kind: 'fifoLost'; readonly reason: string };

export interface KeepalivedMonitor {
  /** Ends at once; nothing is told afterwards. */
  close(): void;
}

/** Starts to watch; the first look is told before this returns. */
export function createKeepalivedMonitor(options: KeepalivedMonitorOptions): KeepalivedMonitor {
  const { readAddresses = localAddresses } = options;
  const tracker = createKeepalivedTracker(options.instances);

  const tell = (input: KeepalivedInput): void => {
    const reports = tracker.step(input);
    if (reports !== undefined) options.onReports(reports);
  };
  const look = (): void => tell({ kind: 'addresses', present: readAddresses() });

  const takeLine = (line: string): void => {
    const notice = parseNotifyLine(line);
    if (notice === undefined) return;
    options.onEvent?.({ kind: 'notice', notice });
    // keepalived moves the addresses before it speaks: both go into one report.
    tracker.step({ kind: 'addresses', present: readAddresses() });
    tell({ kind: 'notice', notice });
  };

  const reader =
    options.fifoPath === undefined
      ? undefined
      : createFifoReader({
          path: options.fifoPath,
          onLine: takeLine,
          onOpen: () => options.onEvent?.({ kind: 'fifoOpen' }),
          onLost: (reason) => {
            options.onEvent?.({ kind: 'fifoLost', reason });
            tell({ kind: 'fifoLost' });
          },
        });
  look();
  const timer = setInterval(look, options.intervalMs);
  return {
    close: () => {
      clearInterval(timer);
      reader?.close();
    },
  };
}
