/**
 * `latency`: the order of measured round trip times from the client's network. Members that were not measured from there
 * come after, by distance; without any measurement distance alone orders, as in `nearest`.
 */
import type { Client } from '#dns/zone/dynamic.ts';
import type { MemberName } from './model.ts';
import { PrefixTree } from './prefix-tree.ts';
import { biased, Ranking } from './ranking.ts';
import type { Step, StepContext } from './step.ts';
import { orderByWeight } from './weighted.ts';

/** Keys of members that were not measured begin here: no round trip takes so many milliseconds. */
const unmeasured = 1e9;

/** Builds the step. */
export function latencyStep(bias: ReadonlyMap<MemberName, number>, context: StepContext): Step {
  const { members, latency, sitesOf } = context;
  const ranking = new Ranking(context, bias);
  const tree = new PrefixTree();
  const rows = latency.map(({ prefix, sites }, number) => {
    tree.add(prefix, number);
    return Float64Array.from(members, ({ name }) => {
      const measured = (sitesOf.get(name) ?? []).flatMap((site) => sites.get(site) ?? []);
      return biased(Math.min(...measured), bias.get(name) ?? 0);
    });
  });
  const keys = new Float64Array(members.length);
  let row: Float64Array | undefined;
  let ranks: Float64Array | undefined;
  return {
    name: 'latency',
    prepare: ({ address }: Client) => {
      const found = tree.find(address);
      row = found < 0 ? undefined : rows[found];
      ranks = ranking.ranks(ranking.handle.find(address));
      return Math.max(tree.scopeBits, ranking.handle.scopeBits);
    },
    apply: (selection) => {
      if (row === undefined && ranks === undefined) {
        orderByWeight(selection, context.prng, context.depth);
        return;
      }
      for (let number = 0; number < keys.length; number++) {
        const measured = row?.[number] ?? Infinity;
        keys[number] = measured < unmeasured ? measured : unmeasured + (ranks?.[number] ?? 0);
      }
      selection.sortBy(keys);
    },
    why: () => {
      if (row !== undefined) return 'by measured round trips, then by distance';
      return ranks === undefined
        ? 'neither measured nor of a known place: drawn by weight'
        : 'not measured: by distance';
    },
  };
}
