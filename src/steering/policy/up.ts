/**
 * The steps that every policy begins with: what may be answered by the decision of now (R2, R8).
 *
 *   up         what is up in any family
 *   failover   the active tier, for both families alike (failover.ts)
 *   evidence   what is up by evidence before what is frozen or up for want of anything better
 *   family     what has something of the type that is asked for
 */
import type { Candidate, Selection } from './selection.ts';
import type { Step } from './step.ts';

/** Builds the first step; without `allowsFailOpen` members that are up only because nothing is are left out. */
export function upStep(allowsFailOpen: boolean): Step {
  const isUsable = (member: Candidate): boolean => member.isUp && (allowsFailOpen || !member.isFailOpen);
  return {
    name: 'up',
    apply: (selection) => {
      for (let place = 0; place < selection.count; place++) {
        const member = selection.at(place);
        if (!member.isUp && member.isChanging) selection.isReturning = true;
      }
      filter(selection, isUsable);
    },
    why: () => 'those that may be answered',
  };
}

/** Builds the step by which a service of services leaves one that fails open while another works. */
export function evidenceStep(): Step {
  let isSound = true;
  return {
    name: 'evidence',
    apply: (selection) => {
      isSound = false;
      for (let place = 0; place < selection.count; place++) isSound ||= selection.at(place).isSound;
      if (!isSound) return;
      for (let place = 0; place < selection.count; place++) {
        const member = selection.at(place);
        if (!member.isSound && member.isChanging) selection.isReturning = true;
      }
      filter(selection, bySoundness);
    },
    why: () => (isSound ? 'up by evidence' : 'none is up by fresh evidence: what the decision leaves (R5, R8)'),
  };
}

/** Builds the step that leaves out what has nothing of the type that is asked for. */
export function familyStep(): Step {
  return {
    name: 'family',
    apply: (selection) => filter(selection, byFamily),
    why: () => 'those that have what is asked for',
  };
}

function bySoundness(member: Candidate): boolean {
  return member.isSound;
}

function byFamily(member: Candidate): boolean {
  return member.isAsked;
}

function filter(selection: Selection, passes: (member: Candidate) => boolean): void {
  const { order } = selection;
  let to = 0;
  for (let place = 0; place < selection.count; place++) {
    if (passes(selection.at(place))) order[to++] = order[place] ?? 0;
  }
  selection.count = to;
}
