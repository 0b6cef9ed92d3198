/**
 * Runs `http` and `https` checks: request, redirects, judgement; and keeps the connections of those that reuse theirs.
 *
 * Written for many checks: no client library, one buffer for all reads, the status line decides where nothing more is
 * asked for. A check has an address, or a name that is looked up for each run; proxies from the environment are not used, HTTP/2 is not
 * spoken. A redirect is followed on the check's own host alone: elsewhere it would be another target's health.
 *
 * A kept connection shows that the server still serves its old connections; whether it accepts new ones it does not.
 */
import { assert } from '#base/assert.ts';
import { formatHostPort } from '#base/ip.ts';
import type { IpAddress } from '#base/ip.ts';
import type { CheckDefinition, CheckId } from '#health/check-definition.ts';
import { defaultMaxBodyBytes, formatStatusRanges } from '#health/check-kind.ts';
import type { BodyExpectation, HttpKind } from '#health/check-kind.ts';
import type { LookUp } from '../look-up.ts';
import type { Cancel, Outcome } from '../outcome.ts';
import { tlsNameOf } from '../tls.ts';
import { bodyFault, defaultPatternTimeoutMs, maxPatternBytes } from './body-match.ts';
import { HttpConnection } from './connection.ts';
import type { Ended, HttpRequest, HttpTls } from './connection.ts';
import { PatternQueue } from './pattern-queue.ts';
import { redirectTarget } from './redirect.ts';
import type { Hop } from './redirect.ts';
import type { ResponseReader } from './response-reader.ts';

/** A check and what it does over HTTP, which for a check of another kind is not its own. */
export interface HttpCheck {
  readonly check: CheckDefinition;
  readonly what: HttpKind;
}

/** Runs checks, and keeps connections from one run to the next. */
export class HttpRunner {
  readonly #kept = new Map<CheckId, HttpConnection>();
  readonly #patterns = new PatternQueue();
  readonly #lookUp: LookUp;
  readonly #patternTimeoutMs: number;

  /** A body is searched for a pattern for at most `patternTimeoutMs`, during which nothing else runs. */
  constructor(lookUp: LookUp, patternTimeoutMs: number = defaultPatternTimeoutMs) {
    this.#lookUp = lookUp;
    this.#patternTimeoutMs = patternTimeoutMs;
  }

  start(http: HttpCheck, done: (outcome: Outcome) => void): Cancel {
    const { check, what } = http;
    let cancelSearch: Cancel | undefined;
    const cancelRun = this.fetch(http, (ended) => {
      if (ended.kind === 'failed') {
        done(ended.outcome);
        return;
      }
      const { response, warning } = ended;
      const { expectBody } = what;
      if (expectBody?.kind !== 'pattern' || !isExpected(response.status, what)) {
        done(judge(response, warning, what, (expected) => bodyFault(response.body(), expected)));
        return;
      }
      cancelSearch = this.#patterns.add({
        check: check.id,
        body: response.body(),
        expected: expectBody,
        timeoutMs: this.#patternTimeoutMs,
        done: (fault) => done(judge(response, warning, what, () => fault)),
      });
    });
    return () => {
      cancelRun();
      cancelSearch?.();
    };
  }

  /** Fetches for a check of another kind: gives the response itself. */
  fetch(http: HttpCheck, done: (ended: Ended) => void): Cancel {
    const { lookUp } = http.what;
    if (lookUp === undefined) return this.#run(http, done);
    let cancel = this.#lookUp(lookUp, (result) => {
      if ('failed' in result) done({ kind: 'failed', outcome: result.failed, isUnheard: true });
      else cancel = this.#try(http, result.addresses, done);
    });
    return () => {
      cancel();
    };
  }

  /** Runs at one address after the other, until one answers anything at all. */
  #try(http: HttpCheck, addresses: readonly IpAddress[], done: (ended: Ended) => void): Cancel {
    const [address, ...others] = addresses;
    assert(address !== undefined, 'a lookup that succeeds gives an address');
    let cancel = this.#run({ ...http, check: { ...http.check, address } }, (ended) => {
      if (ended.kind === 'failed' && ended.isUnheard && others.length > 0) cancel = this.#try(http, others, done);
      else done(ended);
    });
    return () => {
      cancel();
    };
  }

  #run(http: HttpCheck, done: (ended: Ended) => void): Cancel {
    const run = new HttpRun(http, this.#kept, done);
    return () => {
      run.cancel();
    };
  }

  /** Closes what was kept for a check that is no longer wanted. */
  forget(id: CheckId): void {
    this.#kept.get(id)?.destroy();
    this.#kept.delete(id);
    this.#patterns.forget(id);
  }

  close(): void {
    for (const id of [...this.#kept.keys()]) this.forget(id);
  }
}

class HttpRun {
  readonly #check: CheckDefinition;
  readonly #what: HttpKind;
  readonly #kept: Map<CheckId, HttpConnection>;
  readonly #done: (ended: Ended) => void;
  #connection: HttpConnection | undefined;
  #redirectsLeft: number;

  constructor({ check, what }: HttpCheck, kept: Map<CheckId, HttpConnection>, done: (ended: Ended) => void) {
    this.#check = check;
    this.#what = what;
    this.#kept = kept;
    this.#done = done;
    this.#redirectsLeft = what.followRedirects;
    const hop: Hop = { isTls: what.kind === 'https', port: check.port, path: what.path, method: what.method };
    if (what.reuseConnection) this.#sendKept(hop);
    else this.#sendFresh(hop, false);
  }

  cancel(): void {
    this.#connection?.destroy();
    // A connection in the middle of an exchange cannot carry another.
    if (this.#kept.get(this.#check.id) === this.#connection) this.#kept.delete(this.#check.id);
  }

  #sendKept(hop: Hop): void {
    const kept = this.#kept.get(this.#check.id);
    if (kept?.isIdle !== true) {
      kept?.destroy();
      this.#sendFresh(hop, true);
      return;
    }
    this.#connection = kept;
    kept.send(requestFor(this.#what, this.#check, hop, true), (ended) => {
      // The server may close what is idle whenever it likes: that alone says nothing about its health.
      if (ended.kind === 'failed' && ended.isUnheard && ended.outcome.unable !== true) this.#sendFresh(hop, true);
      else this.#end(ended, hop);
    });
  }

  #sendFresh(hop: Hop, keep: boolean): void {
    const connection = new HttpConnection(checkAt(this.#check, hop), hop.isTls ? tlsFor(this.#what) : undefined);
    this.#connection = connection;
    if (keep) this.#kept.set(this.#check.id, connection);
    connection.send(requestFor(this.#what, this.#check, hop, keep), (ended) => {
      this.#end(ended, hop);
    });
  }

  #end(ended: Ended, hop: Hop): void {
    const next = ended.kind === 'response' ? this.#redirectOf(ended.response, hop) : undefined;
    if (next === undefined) {
      this.#done(ended);
    } else if (typeof next === 'string') {
      this.#done({ kind: 'failed', outcome: { passed: false, reason: next }, isUnheard: false });
    } else {
      this.#redirectsLeft--;
      this.#sendFresh(next, false);
    }
  }

  /** Where to go on, or why not; undefined where the response is the last. */
  #redirectOf({ status, location }: ResponseReader, hop: Hop): Hop | string | undefined {
    const what = this.#what;
    if (what.followRedirects === 0 || location === undefined || !isRedirect(status)) return undefined;
    if (isExpected(status, what)) return undefined;
    if (this.#redirectsLeft === 0)
      return `more than ${what.followRedirects} redirects, the last to ${shorten(location)}`;
    return redirectTarget(location, { status, hop, check: this.#check, host: what.host });
  }
}

function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

/** The check as a hop reaches it: at the port to which a redirect led. */
function checkAt(check: CheckDefinition, hop: Hop): CheckDefinition {
  return hop.port === check.port ? check : { ...check, port: hop.port };
}

function tlsFor({ verifyTls, serverName, host, expiryWarningMs }: HttpKind): HttpTls {
  return { verifyTls, serverName: tlsNameOf(serverName ?? host), expiryWarningMs };
}

function requestFor(what: HttpKind, check: CheckDefinition, hop: Hop, keep: boolean): HttpRequest {
  const host = what.host ?? formatHostPort(check.address, hop.port);
  let text = `${hop.method} ${hop.path} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: ${what.userAgent ?? 'fairlead'}\r\n`;
  if (what.headers !== undefined) for (const [name, value] of what.headers) text += `${name}: ${value}\r\n`;
  if (hop.method === 'POST') text += 'Content-Length: 0\r\n';
  text += keep ? 'Accept: */*\r\n\r\n' : 'Accept: */*\r\nConnection: close\r\n\r\n';
  return { text, isHead: hop.method === 'HEAD', bodyBytes: bodyBytesFor(what), keep };
}

function bodyBytesFor({ expectBody, readsWeight, maxBodyBytes = defaultMaxBodyBytes }: HttpKind): number {
  if (expectBody?.kind === 'pattern') return Math.min(maxBodyBytes, maxPatternBytes);
  return expectBody !== undefined || readsWeight ? maxBodyBytes : 0;
}

const maxWeight = 65_535;

function isExpected(status: number, { expectStatus }: HttpKind): boolean {
  return expectStatus.some(({ from, to }) => status >= from && status <= to);
}

function judge(
  response: ResponseReader,
  warning: string | undefined,
  what: HttpKind,
  faultOf: (expected: BodyExpectation) => string | undefined,
): Outcome {
  const { status } = response;
  if (!isExpected(status, what)) {
    return { passed: false, reason: `status ${status}, expected ${formatStatusRanges(what.expectStatus, ' or ')}` };
  }
  const fault = what.expectBody === undefined ? undefined : faultOf(what.expectBody);
  if (fault !== undefined) return { passed: false, reason: `status ${status}, ${fault}` };
  if (warning === undefined && !what.readsWeight) return passOf(status);
  const reason = warning === undefined ? `status ${status}` : `status ${status}, ${warning}`;
  return what.readsWeight ? weigh(response.body(), reason) : { passed: true, reason };
}

/** A body that is no weight gives none: whoever draws by it then has a weight of its own for that. */
function weigh(body: Buffer, reason: string): Outcome {
  const digits = /^\s*(\d{1,5})\s*$/.exec(body.toString('latin1'))?.[1];
  const weight = digits === undefined ? undefined : Number(digits);
  if (weight === undefined || weight > maxWeight) {
    return { passed: true, reason: `${reason}, the body is no weight from 0 to ${maxWeight}` };
  }
  return { passed: true, reason: `${reason}, weight ${weight}`, weight };
}

const passes = new Map<number, Outcome>();

/** One and the same for equal statuses, since every check keeps its last one. */
function passOf(status: number): Outcome {
  const known = passes.get(status);
  if (known !== undefined) return known;
  const outcome: Outcome = { passed: true, reason: `status ${status}` };
  passes.set(status, outcome);
  return outcome;
}

function shorten(text: string): string {
  return text.length > 100 ? `${text.slice(0, 97)}...` : text;
}
