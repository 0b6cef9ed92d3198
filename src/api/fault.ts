/** Faults as the API tells them: a status, a stable code, and a sentence; for bad input also each problem. */
import { z } from 'zod';

/** Why a call was refused. */
export interface ApiFault {
  readonly status: 400 | 401 | 404 | 409 | 421 | 422 | 503;
  /** Stable, for programs. */
  readonly code: string;
  /** For people. */
  readonly message: string;
  /** One line for each problem of a refused release. */
  readonly problems?: readonly string[];
}

/** The body that carries a fault. */
export const faultBodySchema = z.object({
  error: z.object({ code: z.string(), message: z.string(), problems: z.array(z.string()).optional() }),
});

/** The JSON body of a fault. */
export function faultBody(fault: ApiFault): z.infer<typeof faultBodySchema> {
  const { code, message, problems } = fault;
  return { error: { code, message, ...(problems === undefined ? {} : { problems: [...problems] }) } };
}

/** The fault of a body that does not fit its schema: each place, what was there, what was expected. */
export function schemaFault(error: z.ZodError): ApiFault {
  const places = error.issues.slice(0, 20).map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`);
  return { status: 400, code: 'bad-request', message: places.join('; ') };
}
