/** Turns what happened into one readable log line each: a level and a sentence. Pure. */
import { assertNever } from '#base/assert.ts';
import type { DecisionEvent } from '#decide/effects.ts';
import type { HealthEffect } from '#health/engine.ts';
import type { AnnouncerEffect } from '#steering/announcer/engine.ts';

/** One line for people. */
export interface Narration {
  readonly level: 'info' | 'warn' | 'error';
  readonly text: string;
}

/** The line for an event. */
export function narrate(event: DecisionEvent): Narration {
  switch (event.kind) {
    case 'serviceMode':
      return narrateMode(event);
    case 'failover':
      return narrateFailover(event);
    case 'failoverHeld':
      return event.isDown
        ? error(`${event.service}: stays where it is: ${event.reason}`)
        : info(`${event.service}: ${event.reason}`);
    case 'drainEffective':
      return info(`drain of ${event.override.site} takes effect, by ${event.override.who}: ${event.override.reason}`);
    case 'drainPending':
      return warn(`drain of ${event.override.site} is pending: ${event.reason}`);
    case 'drainOver':
      return info(`drain of ${event.override.site} is over`);
    case 'routeOverride': {
      const { kind, prefix = '', site, who, reason } = event.override;
      const what = `${kind} of ${prefix} at ${site}`;
      return event.isOver ? info(`${what} is over`) : warn(`${what}, by ${who}: ${reason}`);
    }
    case 'announce':
    case 'withdraw':
    case 'blocked':
    case 'anchor':
      return narrateRoute(event);
    case 'verdict':
    case 'sanity':
    case 'node':
    case 'owners':
    case 'refused':
      return narrateHealth(event);
    default:
      return assertNever(event);
  }
}

function narrateMode(event: Extract<DecisionEvent, { kind: 'serviceMode' }>): Narration {
  switch (event.to) {
    case 'normal':
      return info(`${event.service}: answers follow health again`);
    case 'frozen':
      return error(
        `${event.service}: nothing is up, and more than one site was just now; answers are frozen on what was up (R8)`,
      );
    case 'failOpen':
      return error(`${event.service}: nothing is up; answering with everything that is not drained (R8)`);
    case 'held':
      return error(`${event.service}: the active tier is down and may not be left; answering with it (R27)`);
    case 'nodata':
      return error(`${event.service}: nothing is up; answering with nothing, as onAllDown says (R8)`);
    case 'fallback':
      return error(`${event.service}: nothing is up; answering with the fallback, as onAllDown says (R8)`);
    default:
      return assertNever(event.to);
  }
}

function narrateFailover({ service, from, to, record }: Extract<DecisionEvent, { kind: 'failover' }>): Narration {
  if (record === undefined) return warn(`${service}: ${to} is active, no longer ${from}`);
  const { who, site, reason } = record;
  return warn(`${service}: ${to} is active, no longer ${from}, by ${who} at ${site}: ${reason}`);
}

function narrateRoute(event: AnnouncerEffect): Narration {
  switch (event.kind) {
    case 'announce': {
      const how = event.attributes.communities.length > 0 ? ` with ${event.attributes.communities.join(' ')}` : '';
      return info(`${event.prefix} is announced${how}: ${event.reason}`);
    }
    case 'withdraw':
      return warn(`${event.prefix} is withdrawn: ${event.reason}`);
    case 'blocked':
      return warn(
        `${event.prefix} stays announced (${event.permission.rule}): ${event.permission.reason}; ${event.wish}`,
      );
    case 'anchor':
      return info(
        `${event.prefix}: ${event.holds ? 'this site holds the anchor' : 'let go of the anchor'}, ${event.reason}`,
      );
    default:
      return assertNever(event);
  }
}

function narrateHealth(event: HealthEffect): Narration {
  switch (event.kind) {
    case 'verdict': {
      const { service, site, family } = event.subject;
      const text = `${service} at ${site} (IPv${family}) is ${event.verdict.state}: ${event.verdict.reason}`;
      return event.verdict.state === 'up' ? info(text) : warn(text);
    }
    case 'sanity':
      if (event.to === 'sane') return info(`this coordinator trusts its probes again: ${event.reason}`);
      if (event.to === 'doubtful') return warn(`this coordinator doubts its probes: ${event.reason}`);
      return error(`this coordinator is frozen and keeps its decisions (R5): ${event.reason}`);
    case 'node':
      return event.state === 'reporting'
        ? info(`agent ${event.node} at ${event.site} reports`)
        : warn(`agent ${event.node} at ${event.site} is silent: its lease ran out`);
    case 'owners':
      return error(
        `${event.subject.vip} at ${event.subject.site} is owned by ${event.owners.join(' and ')}: VRRP is split`,
      );
    case 'refused':
      return info(`a report of ${event.sender} came too late and was refused: ${event.reason}`);
    default:
      return assertNever(event);
  }
}

function info(text: string): Narration {
  return { level: 'info', text };
}

function warn(text: string): Narration {
  return { level: 'warn', text };
}

function error(text: string): Narration {
  return { level: 'error', text };
}
