/**
 * What a node says of its virtual addresses: a pure engine between keepalived's notices and the addresses that the
 * node has, and reports.
 *
 * Whether an address is here is a level, looked at; the notices are edges and may be lost, so that they only tell the
 * VRRP state beside it, `unknown` until heard.
 */
import type { IpAddress } from '#base/ip.ts';
import type { VipReport } from '#health/report.ts';
import type { InstanceNotice } from './notify-line.ts';

/** A VRRP instance and the addresses that it moves. */
export interface InstanceMapping {
  readonly instance: string;
  readonly addresses: readonly IpAddress[];
}

export type KeepalivedInput =
  | { readonly kind: 'addresses'; readonly present: ReadonlySet<IpAddress> }
  | { readonly kind: 'notice'; readonly notice: InstanceNotice }
  /** keepalived closed the FIFO or made a new one: its states are those of a process that is gone. */
  | { readonly kind: 'fifoLost' };

/** The engine; `step` returns the full state after the input, undefined before the addresses were looked at. */
export interface KeepalivedTracker {
  step(input: KeepalivedInput): readonly VipReport[] | undefined;
}

/** Builds a tracker for the instances of the config, in their order. */
export function createKeepalivedTracker(instances: readonly InstanceMapping[]): KeepalivedTracker {
  const states = new Map<string, VipReport['state']>();
  let present: ReadonlySet<IpAddress> | undefined;
  return {
    step: (input) => {
      switch (input.kind) {
        case 'addresses':
          present = input.present;
          break;
        case 'notice':
          states.set(input.notice.instance, input.notice.state);
          break;
        case 'fifoLost':
          // The last word of a keepalived that stops is STOP, and it stays true until another is heard.
          for (const [instance, state] of states) if (state !== 'STOP') states.delete(instance);
      }
      const here = present;
      if (here === undefined) return undefined;
      return instances.flatMap(({ instance, addresses }) =>
        addresses.map((address) => ({
          address,
          owned: here.has(address),
          instance,
          state: states.get(instance) ?? 'unknown',
        })),
      );
    },
  };
}
