/** What a coordinator answers to `failover` and `failback`, and the line that says it. */
import { z } from 'zod';

export const movedSchema = z.object({ service: z.string(), active: z.string(), held: z.string().optional() });

/** One line for people. */
export function describeMoved({ service, active, held }: z.output<typeof movedSchema>): string {
  return `${service}: ${active} is active${held === undefined ? '' : `; ${held}`}\n`;
}
