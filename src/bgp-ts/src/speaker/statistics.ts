/** What is counted of a peer for people and metrics: messages, flaps, NOTIFICATIONs, faulty UPDATEs. Decides nothing. */
import type { ConnectionId, SessionEvent } from '../session/types.ts';
import { errorCode } from '../wire/constants.ts';
import type { DecodedUpdate } from '../wire/update-decode.ts';
import type { MessageCounts } from './message-counter.ts';
import { countMessages, MessageCounter, MessageStream } from './message-counter.ts';

/** A NOTIFICATION and when it was; time on the engine's clock. */
export interface NotificationRecord {
  readonly code: number;
  readonly subcode: number;
  readonly text: string;
  readonly atMs: number;
}

/** UPDATEs with faults, by what the fault cost (RFC 7606 §2). */
export interface UpdateFaultCounts {
  readonly attributeDiscard: number;
  readonly treatAsWithdraw: number;
  readonly sessionReset: number;
}

/** All counts at one moment. */
export interface StatisticsView {
  readonly messagesSent: MessageCounts;
  readonly messagesReceived: MessageCounts;
  readonly updatesSent: number;
  readonly updatesReceived: number;
  readonly updateFaults: UpdateFaultCounts;
  readonly faultyUpdatesReceived: number;
  readonly establishedCount: number;
  readonly flapCount: number;
  readonly lastNotification: {
    readonly sent: NotificationRecord | undefined;
    readonly received: NotificationRecord | undefined;
  };
}

/** The counts of one peer. */
export class PeerStatistics {
  readonly #sent = new MessageCounter();
  readonly #received = new MessageCounter();
  readonly #streams = new Map<ConnectionId, MessageStream>();
  #updatesSent = 0;
  #updatesReceived = 0;
  #updateFaults: UpdateFaultCounts = { attributeDiscard: 0, treatAsWithdraw: 0, sessionReset: 0 };
  #establishedCount = 0;
  #flapCount = 0;
  #lastNotification: StatisticsView['lastNotification'] = { sent: undefined, received: undefined };

  /** Counts whole messages that go out. */
  countSent(bytes: Uint8Array): void {
    countMessages(bytes, this.#sent);
  }

  /** Counts what comes in on a connection, in any chunks. */
  countReceived(connection: ConnectionId, bytes: Uint8Array): void {
    const stream = this.#streams.get(connection) ?? new MessageStream(this.#received);
    this.#streams.set(connection, stream);
    stream.push(bytes);
  }

  /** Forgets a connection that is gone. */
  forget(connection: ConnectionId): void {
    this.#streams.delete(connection);
  }

  countUpdatesSent(count: number): void {
    this.#updatesSent += count;
  }

  countUpdateReceived({ severity }: DecodedUpdate): void {
    this.#updatesReceived++;
    const faults = this.#updateFaults;
    if (severity === 'attribute-discard') {
      this.#updateFaults = { ...faults, attributeDiscard: faults.attributeDiscard + 1 };
    }
    if (severity === 'treat-as-withdraw') {
      this.#updateFaults = { ...faults, treatAsWithdraw: faults.treatAsWithdraw + 1 };
    }
  }

  /** Counts changes of state: the session came up, or went down again. */
  countState({ from, to }: Extract<SessionEvent, { readonly kind: 'stateChanged' }>): void {
    if (to === 'established') this.#establishedCount++;
    if (from === 'established') this.#flapCount++;
  }

  /** Remembers the last NOTIFICATION of each direction. */
  noteNotification(
    event: Extract<SessionEvent, { readonly kind: 'notification' }>,
    { text, atMs }: { readonly text: string; readonly atMs: number },
  ): void {
    const { direction, code, subcode } = event;
    this.#lastNotification = { ...this.#lastNotification, [direction]: { code, subcode, text, atMs } };
    if (direction === 'received' || code !== errorCode.update) return;
    this.#updateFaults = { ...this.#updateFaults, sessionReset: this.#updateFaults.sessionReset + 1 };
  }

  view(): StatisticsView {
    return {
      messagesSent: this.#sent.counts,
      messagesReceived: this.#received.counts,
      updatesSent: this.#updatesSent,
      updatesReceived: this.#updatesReceived,
      updateFaults: this.#updateFaults,
      faultyUpdatesReceived: this.#updateFaults.attributeDiscard + this.#updateFaults.treatAsWithdraw,
      establishedCount: this.#establishedCount,
      flapCount: this.#flapCount,
      lastNotification: this.#lastNotification,
    };
  }
}
