/** One evaluation of a record: for whom it is, and what was met on the way. Filled anew for each. */
import type { Prng } from '#base/prng.ts';
import { headerBytes } from '#dns/wire/constants.ts';
import type { AnswerNote, Client, ExplainedStep } from '#dns/zone/dynamic.ts';

const nobody: Client = {
  address: new Uint8Array(4),
  addressBits: 0,
  resolver: new Uint8Array(4),
  name: new Uint8Array(1),
  nameAt: 0,
  isTcp: false,
  dnssecOk: false,
  ednsUdpBytes: 0,
  query: new Uint8Array(headerBytes),
};

export class Run {
  readonly prng: Prng;
  client: Client = nobody;
  /** Indexes of the candidates that the last choice picked. */
  picked: Int32Array = new Int32Array(16);
  count = 0;
  changePending = false;
  note: AnswerNote | undefined;
  /** Why the last choice gives nothing at all. */
  failure: string | undefined;
  /** Where the steps are told, if anybody asked. */
  trace: ExplainedStep[] | undefined;

  constructor(prng: Prng) {
    this.prng = prng;
  }

  start(client: Client): void {
    this.client = client;
    this.changePending = false;
    this.note = undefined;
    this.startChoice();
  }

  /** Forgets what the last choice picked. */
  startChoice(): void {
    this.count = 0;
    this.failure = undefined;
  }

  pick(index: number): void {
    if (this.count === this.picked.length) {
      const wider = new Int32Array(this.count * 2);
      wider.set(this.picked);
      this.picked = wider;
    }
    this.picked[this.count++] = index;
  }
}
