/** A service at this site, as the gates of prefixes look at it (R9, R17). Pure. */
import type { CheckState } from '#health/check-tracker.ts';
import type { ServiceId, SiteId, Subject, SubjectKey } from '#health/model.ts';
import type { Verdict } from '#health/verdict.ts';
import type { ServiceHere } from '#steering/gate.ts';
import type { Endpoint } from '#steering/model.ts';

/** What is known of the endpoints of all sites. */
export interface EndpointsLook {
  readonly site: SiteId;
  readonly endpoints: readonly Endpoint[];
  readonly subjects: ReadonlyMap<SubjectKey, Subject>;
  readonly verdictOf: (subject: SubjectKey) => Verdict;
  /** What this coordinator's own runs of a check found; undefined before the first. */
  readonly checkState: (check: Subject['check']['id']) => CheckState | undefined;
}

/** The service's endpoints at this site. */
export function serviceHere(service: ServiceId, look: EndpointsLook): ServiceHere {
  const here = look.endpoints.filter((endpoint) => endpoint.service === service && endpoint.site === look.site);
  return {
    verdicts: here.map((endpoint) => look.verdictOf(endpoint.subject)),
    hasAgents: here.some((endpoint) => endpoint.hasAgents),
    probes: here.map((endpoint) => {
      const subject = look.subjects.get(endpoint.subject);
      const state = subject === undefined ? undefined : look.checkState(subject.check.id);
      return state === undefined ? undefined : state.state === 'pass';
    }),
  };
}
