/** `netmask` and `view`: what is decided by the network that the client is in. */
import type { Candidate, Choice, Computed, LuaCall } from '../call.ts';
import { describeConstant, textOfConstant } from '../constant.ts';
import type { LuaConstant } from '../constant.ts';
import { LuaFault } from '../fault.ts';
import type { Run } from '../run.ts';
import type { ScopeOf } from '../scope.ts';
import { NetTable, parseNetwork } from './net-table.ts';
import type { Network } from './net-table.ts';
import { listItems, noMoreArguments, readValues, requiredArgument } from './values.ts';

const maskUsage = "netmask({'192.0.2.0/24', '2001:db8::/32'})";
const viewUsage = "view({{{'192.0.2.0/24'}, {'198.51.100.1'}}, {{'0.0.0.0/0', '::/0'}, {'198.51.100.2'}}})";

export function readNetworks(constant: LuaConstant, usage: string): readonly Network[] {
  return listItems(constant, 'the networks are', usage).map((item) => {
    const text = textOfConstant(item);
    const network = text === undefined ? undefined : parseNetwork(text);
    if (network !== undefined) return network;
    throw new LuaFault(`${describeConstant(item)} is not a network: expected one such as 192.0.2.0/24`, item.offset);
  });
}

export function prepareNetmask(call: LuaCall): Computed {
  const table = new NetTable([readNetworks(requiredArgument(call, 0, maskUsage), maskUsage)], 1);
  noMoreArguments(call, 1);
  return { kind: 'value', scope: scopeOf(table), evaluate: ({ client }) => table.find(client.address) === 0 };
}

export function prepareView(call: LuaCall): Choice {
  const rules = listItems(requiredArgument(call, 0, viewUsage), 'the rules are', viewUsage).map((rule) => {
    const [networks, values, extra] = listItems(rule, 'a rule is', viewUsage);
    if (networks === undefined || values === undefined || extra !== undefined)
      throw new LuaFault(`a rule is not {{networks}, {values}}: expected ${viewUsage}`, rule.offset);
    return { networks: readNetworks(networks, viewUsage), values: readValues(values, viewUsage) };
  });
  noMoreArguments(call, 1);
  const table = new NetTable(
    rules.map(({ networks }) => networks),
    rules.length,
  );
  return new ViewChoice(
    rules.map(({ values }) => values),
    table,
    call.offset,
  );
}

/** Chooses by chance among the values of the first rule that holds the client; an empty text where none does. */
class ViewChoice implements Choice {
  readonly kind = 'choice';
  readonly givesList = false;
  readonly areAddresses = false;
  readonly candidates: readonly Candidate[];
  readonly scope: ScopeOf;
  /** Where each rule's values begin among the candidates, and where the last rule's end. */
  readonly #starts: readonly number[];
  readonly #table: NetTable;

  constructor(values: readonly (readonly Candidate[])[], table: NetTable, offset: number) {
    const written = values.flat();
    this.candidates = [...written, { text: '', offset, isFallback: true }];
    this.#starts = [0, ...values.map((_, index) => values.slice(0, index + 1).flat().length), written.length + 1];
    this.#table = table;
    this.scope = scopeOf(table);
  }

  choose(run: Run): void {
    const rule = this.#table.find(run.client.address);
    const start = this.#starts[rule] ?? 0;
    run.trace?.push({
      step: 'place',
      text: rule + 2 < this.#starts.length ? `rule ${rule + 1} of view` : 'no rule of view',
    });
    run.pick(start + run.prng.below((this.#starts[rule + 1] ?? 0) - start));
  }
}

function scopeOf(table: NetTable): ScopeOf {
  return ({ address }) => {
    table.find(address);
    return table.scopeBits;
  };
}
