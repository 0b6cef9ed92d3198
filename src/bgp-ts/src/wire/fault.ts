/**
 * Faults that decoders return: what was wrong, as the NOTIFICATION that answers it (RFC 4271 §6) and as a sentence; and
 * for UPDATE how far the damage goes (RFC 7606 §2).
 */

/** A fault that ends the session; the numbers are those of the NOTIFICATION to send. */
export interface MessageFault {
  readonly code: number;
  readonly subcode: number;
  readonly data: Uint8Array;
  /** What was wrong, for people. */
  readonly reason: string;
}

/** How far a fault in an UPDATE goes, weakest first (RFC 7606 §2). */
export type UpdateSeverity = 'attribute-discard' | 'treat-as-withdraw' | 'session-reset';

/** A fault in one path attribute that the session survives. */
export interface AttributeFault extends MessageFault {
  readonly severity: Exclude<UpdateSeverity, 'session-reset'>;
  /** Type of the attribute; undefined when the attribute list itself is broken. */
  readonly attributeType: number | undefined;
}

/** No Data. */
export const noData: Uint8Array = new Uint8Array(0);

/** Thrown inside the codecs to keep them linear; public decoders turn it into a returned fault. */
export class WireFault extends Error {
  override readonly name = 'WireFault';
  readonly fault: MessageFault;

  constructor(fault: MessageFault) {
    super(fault.reason);
    this.fault = fault;
  }
}
