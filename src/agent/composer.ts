/**
 * Puts what HAProxy and keepalived say together as one full report: a pure engine.
 *
 * There is no report before each of them has been heard once, so that an agent that starts never speaks for services
 * that it has not looked at (R7).
 */
import type { Report, ServiceReport, VipReport } from '#health/report.ts';

export type ComposerInput =
  | { readonly kind: 'services'; readonly reports: readonly ServiceReport[] }
  | { readonly kind: 'vips'; readonly reports: readonly VipReport[] };

/** A report but for its sequence, which is given when it is sent. */
export type ReportBody = Pick<Report, 'services' | 'vips'>;

export interface ReportComposer {
  /** Takes the newest state of one side; true where coordinators should hear it at once. */
  step(input: ComposerInput): boolean;
  /** The newest full state; undefined before both sides were heard. */
  body(): ReportBody | undefined;
}

/** Builds a composer; a side that the node does not have is not waited for. */
export function createReportComposer(sides: {
  readonly haproxy: boolean;
  readonly keepalived: boolean;
}): ReportComposer {
  let services = sides.haproxy ? undefined : ([] as readonly ServiceReport[]);
  let vips = sides.keepalived ? undefined : ([] as readonly VipReport[]);

  const body = (): ReportBody | undefined => {
    return services === undefined || vips === undefined ? undefined : { services: [...services], vips: [...vips] };
  };
  const urgency = (): string | undefined => {
    const now = body();
    return now === undefined ? undefined : JSON.stringify([now.services.map(urgentPart), now.vips]);
  };

  return {
    step: (input) => {
      const before = urgency();
      if (input.kind === 'services') services = input.reports;
      else vips = input.reports;
      return urgency() !== before;
    },
    body,
  };
}

/** What moves answers or routes; numbers of load and capacity go with the next regular report. */
function urgentPart({ service, state, holding, usableServers }: ServiceReport): readonly unknown[] {
  return [service, state, holding !== undefined, usableServers];
}
