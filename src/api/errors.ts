/** What callers are answered when a call throws. */
import type { FastifyInstance } from 'fastify';

/** Answers what a call throws: its own status where it has one, else 500, of which `onFailure` is told. */
export function answerErrors(app: FastifyInstance, onFailure: (call: string, error: unknown) => void): void {
  app.setErrorHandler(async (error, request, reply) => {
    const status = statusOf(error);
    if (status >= 500) onFailure(`${request.method} ${request.url}`, error);
    const message = error instanceof Error ? error.message : String(error);
    await reply.code(status).send({ error: { code: status < 500 ? 'bad-request' : 'internal', message } });
  });
}

function statusOf(error: unknown): number {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' ? status : 500;
}
