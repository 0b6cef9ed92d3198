/** Why an answer is as it is, told to the client: extended DNS errors (RFC 8914), encoded ahead of time where they can be. */
import { extendedError } from '../wire/constants.ts';
import type { AnswerNote } from '../zone/dynamic.ts';

/** One extended error. */
export interface Explanation {
  /** The option's data: the code, then the text in UTF-8. */
  readonly data: Uint8Array;
}

const utf8 = new TextEncoder();

/** Text beyond this many octets is cut: the code says the kind, the text is for people. */
const maxTextBytes = 200;

/** Encodes a code and its text. */
export function explanation(code: number, text: string): Explanation {
  const encoded = utf8.encode(text);
  let textBytes = Math.min(encoded.length, maxTextBytes);
  // Cut between characters: a UTF-8 continuation octet never begins one.
  while (textBytes < encoded.length && textBytes > 0 && ((encoded[textBytes] ?? 0) & 0xc0) === 0x80) textBytes--;
  const data = new Uint8Array(2 + textBytes);
  data[0] = code >> 8;
  data[1] = code;
  data.set(encoded.subarray(0, textBytes), 2);
  return { data };
}

/** What is said of answers that are not what health alone would give. */
export const noteExplanations: Readonly<Record<AnswerNote, Explanation>> = {
  frozen: explanation(extendedError.staleAnswer, 'health is frozen: this is what was up last'),
  failOpen: explanation(extendedError.other, 'nothing is up: all endpoints are answered'),
};

/** Why a record that follows health gave nothing. */
export function dynamicFailure(reason: string): Explanation {
  return explanation(extendedError.other, reason);
}
