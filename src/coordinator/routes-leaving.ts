/**
 * The first part of `fairlead stop` (R24): the routes of this site leave while everything goes on, as a drain's do, so
 * that the anchor is asked (R19). What may not leave is told, and the coordinator stays.
 */
import { monotonicMs } from '#base/clock.ts';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import type { ApiFault } from '#api/fault.ts';
import type { PrefixStatus } from '#steering/announcer/engine.ts';
import type { DecisionLoop } from './decision-loop.ts';
import type { Routes } from './routes.ts';

/** How long other sites are asked: time to be told, to leave, and to ask three of them. */
export const askMs = 12_000;

/** Takes the routes of one coordinator back before it ends. */
export class RoutesLeaving {
  readonly #loop: DecisionLoop;
  readonly #routes: Pick<Routes, 'isTold'>;
  readonly #ended: Promise<unknown>;
  #underway: Promise<Result<void, ApiFault>> | undefined;

  /** `ended` resolves when the coordinator ends by another way. */
  constructor(loop: DecisionLoop, routes: Pick<Routes, 'isTold'>, ended: Promise<unknown>) {
    this.#loop = loop;
    this.#routes = routes;
    this.#ended = ended;
  }

  /** Resolves when no route of this site is left; the fault says which stay. Asks nobody where `R19` is forced. */
  leave(forced: readonly string[]): Promise<Result<void, ApiFault>> {
    // Nobody relies on what no router is told by this coordinator.
    if (forced.includes('R19') || !this.#routes.isTold) return Promise.resolve(succeed(undefined));
    this.#underway ??= this.#leave(forced).finally(() => {
      this.#underway = undefined;
    });
    return this.#underway;
  }

  async #leave(forced: readonly string[]): Promise<Result<void, ApiFault>> {
    const deadline = monotonicMs() + askMs;
    this.#loop.feed({ kind: 'stop', reason: 'fairlead stop', forced });
    for (;;) {
      const staying = this.#loop.decision.prefixes.filter(({ state }) => state.kind !== 'withdrawn');
      if (staying.length === 0) return succeed(undefined);
      if (monotonicMs() >= deadline) {
        this.#loop.feed({ kind: 'stay' });
        return refuse({ status: 409, code: 'stop-refused', message: describe(staying) });
      }
      const isEnding = await Promise.race([this.#ended.then(() => true), this.#loop.nextStep().then(() => false)]);
      if (isEnding) return refuse({ status: 409, code: 'stopping', message: 'it is ending already' });
    }
  }
}

/** Which prefixes stay, each with the rule that keeps it. */
export function describeStaying(staying: readonly PrefixStatus[]): string {
  const each = staying.map(({ prefix, blocked }) => {
    const why = blocked === undefined ? 'another site has not answered yet' : `${blocked.reason} (${blocked.rule})`;
    return `${prefix} stays: ${why}`;
  });
  return each.join('; ');
}

function describe(staying: readonly PrefixStatus[]): string {
  const instead = "to end it all the same: 'fairlead stop --force R19'; to restart it, send SIGTERM";
  return `the coordinator goes on. ${describeStaying(staying)}. ${instead}`;
}
