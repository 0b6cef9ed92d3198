/**
 * When one coordinator is sent a report: a pure engine. At once on a change, and every interval otherwise where there
 * is one; one report on its way at most; what is sent is always the newest state. A coordinator that is slow or gone delays no other, and
 * losing it has no consequence but a line in the log (R23).
 */
import { after } from '#base/time.ts';
import type { MonoMs } from '#base/time.ts';

export type LinkInput =
  /** There is a new state; `urgent` where it should go at once. */
  | { readonly kind: 'publish'; readonly urgent: boolean }
  | { readonly kind: 'tick' }
  | { readonly kind: 'delivered' }
  | { readonly kind: 'failed'; readonly reason: string };

export type LinkEffect =
  { readonly kind: 'send' } | { readonly kind: 'reached' } | { readonly kind: 'lost'; readonly reason: string };

export interface CoordinatorLink {
  step(input: LinkInput, nowMs: MonoMs): readonly LinkEffect[];
  nextDeadlineMs(): MonoMs | undefined;
}

export interface LinkOptions {
  /** Between two reports where nothing is published; absent where whoever publishes keeps the rhythm. */
  readonly intervalMs?: number;
}

/** Builds the link of one coordinator; nothing is sent before the first `publish`. */
export function createCoordinatorLink({ intervalMs }: LinkOptions): CoordinatorLink {
  let state: { readonly kind: 'silent' | 'sending' } | { readonly kind: 'waiting'; readonly dueAt: MonoMs } = {
    kind: 'silent',
  };
  let sentAt = 0 as MonoMs;
  let isDirty = false;
  let contact: 'none' | 'reached' | 'lost' = 'none';

  const send = (nowMs: MonoMs): readonly LinkEffect[] => {
    state = { kind: 'sending' };
    sentAt = nowMs;
    isDirty = false;
    return [{ kind: 'send' }];
  };
  /** A report that changed meanwhile goes at once; after a failure it waits for its turn, not to hammer. */
  const settle = (mayHurry: boolean, nowMs: MonoMs): readonly LinkEffect[] => {
    if (mayHurry && isDirty) return send(nowMs);
    if (intervalMs === undefined) {
      state = { kind: 'silent' };
      return [];
    }
    const dueAt = after(sentAt, intervalMs);
    if (dueAt <= nowMs) return send(nowMs);
    state = { kind: 'waiting', dueAt };
    return [];
  };
  const enter = (wanted: 'reached' | 'lost', effect: LinkEffect): readonly LinkEffect[] => {
    if (contact === wanted) return [];
    contact = wanted;
    return [effect];
  };

  return {
    step: (input, nowMs) => {
      switch (input.kind) {
        case 'publish':
          if (state.kind === 'silent' || (state.kind === 'waiting' && input.urgent)) return send(nowMs);
          isDirty ||= input.urgent;
          return [];
        case 'tick':
          return state.kind === 'waiting' && state.dueAt <= nowMs ? send(nowMs) : [];
        case 'delivered':
          return [...enter('reached', { kind: 'reached' }), ...settle(true, nowMs)];
        case 'failed':
          return [...enter('lost', { kind: 'lost', reason: input.reason }), ...settle(false, nowMs)];
      }
    },
    nextDeadlineMs: () => (state.kind === 'waiting' ? state.dueAt : undefined),
  };
}
