/** What records give as text into record data, as PowerDNS reads it: names are whole, the text of TXT needs no quotes. */
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { recordType, typeName } from '#dns/wire/constants.ts';
import { parseRdata } from '#dns/wire/rdata.ts';
import type { RdataToken } from '#dns/wire/rdata-codec.ts';

const maxStringBytes = 255;
/** Texts that a record remembers, and their characters: what is computed without end must not fill the memory. */
const maxRemembered = 1000;
const maxRememberedLength = 65_536;

/** Reads one record's data; the fault says what is wrong. */
export function parseAnswerText(type: number, text: string): Result<Uint8Array, string> {
  const tokens = tokensOf(type === recordType.TXT ? `"${text}"` : text).flatMap(splitLong);
  const parsed = parseRdata(type, tokens);
  if (parsed.ok) return succeed(parsed.value);
  return refuse(`"${shorten(text)}" cannot be the data of ${typeName(type)}: ${parsed.fault.message}`);
}

/** A text as messages quote it. */
function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/** Words and quoted strings; octets outside ASCII are escaped, since tokens are text. */
function tokensOf(text: string): readonly RdataToken[] {
  const tokens: RdataToken[] = [];
  for (const [, quoted, word] of text.matchAll(/"((?:[^"\\]|\\[^])*)"?|((?:[^\s"\\]|\\[^])+|\\$)/g)) {
    tokens.push({ text: escapeOctets(quoted ?? word ?? ''), quoted: quoted !== undefined });
  }
  return tokens;
}

function escapeOctets(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, (character) => `\\${String(character.charCodeAt(0)).padStart(3, '0')}`);
}

/** A quoted string of more than 255 octets is several. */
function splitLong(token: RdataToken): readonly RdataToken[] {
  if (!token.quoted || token.text.length <= maxStringBytes) return [token];
  const octets = token.text.match(/\\\d{3}|\\?[^]/g) ?? [];
  const parts: RdataToken[] = [];
  for (let at = 0; at < octets.length; at += maxStringBytes) {
    parts.push({ text: octets.slice(at, at + maxStringBytes).join(''), quoted: true });
  }
  return parts;
}

/** Record data of texts that code computes, remembered. */
export class AnswerTexts {
  readonly #type: number;
  readonly #known = new Map<string, Result<Uint8Array, string>>();
  #knownLength = 0;

  constructor(type: number) {
    this.#type = type;
  }

  parse(text: string): Result<Uint8Array, string> {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const parsed = parseAnswerText(this.#type, text);
    if (this.#known.size >= maxRemembered || this.#knownLength + text.length > maxRememberedLength) {
      this.#known.clear();
      this.#knownLength = 0;
    }
    if (text.length > maxRememberedLength) return parsed;
    this.#known.set(text, parsed);
    this.#knownLength += text.length;
    return parsed;
  }
}
