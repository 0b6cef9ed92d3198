/** A Unix socket on which each request is answered, one after the other: what ends an answer differs by daemon. */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** Says how many of these bytes are the first whole answer; 0 while there is none. */
export type AnswerEnd = (bytes: Buffer) => number;

/** A connected control socket. */
export class LineSocket {
  readonly #socket: Socket;
  readonly #answerEnd: AnswerEnd;
  readonly #waiting: PromiseWithResolvers<string>[] = [];
  #rest: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket, answerEnd: AnswerEnd) {
    this.#socket = socket;
    this.#answerEnd = answerEnd;
    socket.on('data', (bytes) => this.#take(bytes));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      for (const { reject } of this.#waiting) reject(new Error('the daemon closed its control socket'));
    });
  }

  static async connect(path: string, answerEnd: AnswerEnd): Promise<LineSocket> {
    const socket = connect(path);
    await once(socket, 'connect');
    return new LineSocket(socket, answerEnd);
  }

  /** Writes a request and resolves with its answer. */
  async ask(request: string): Promise<string> {
    const answer = this.awaitAnswer();
    this.#socket.write(request);
    return answer;
  }

  /** Resolves with the next answer that nobody waits for yet. */
  awaitAnswer(): Promise<string> {
    const waiting = Promise.withResolvers<string>();
    waiting.promise.catch(() => undefined);
    this.#waiting.push(waiting);
    return waiting.promise;
  }

  /** Writes requests in one piece and resolves with their answers. */
  async askAll(requests: readonly string[]): Promise<readonly string[]> {
    const answers = requests.map(() => this.awaitAnswer());
    this.#socket.write(requests.join(''));
    return Promise.all(answers);
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    for (let end = this.#answerEnd(this.#rest); end > 0; end = this.#answerEnd(this.#rest)) {
      const answer = this.#rest.subarray(0, end).toString();
      this.#rest = this.#rest.subarray(end);
      this.#waiting.shift()?.resolve(answer);
    }
  }
}

/** Throws unless the answer matches. */
export function expectAnswer(answer: string, expected: RegExp, request: string): void {
  if (!expected.test(answer)) throw new Error(`"${request}" was answered with: ${answer.slice(0, 300)}`);
}
