/** What `fairlead explain` is told: one answer and how it came about, as data. */
import { z } from 'zod';

const step = z.object({ step: z.string(), text: z.string() });

/** The schema of an explanation, for those who read one. */
export const explanationSchema = z.object({
  /** The question, as `www.example.com. A`. */
  question: z.string(),
  /** The client or network that it was asked for. */
  from: z.string(),
  /** What nets and databases say of where it is, those first that win; the prefix length of their entry. */
  place: z.array(z.object({ from: z.string(), prefixLength: z.number(), text: z.string() })),
  zone: z.object({ name: z.string(), serial: z.number() }).optional(),
  /** The records that were computed, in order. */
  records: z.array(
    z.object({
      file: z.string(),
      line: z.number(),
      type: z.string(),
      code: z.string(),
      /** Why it gave nothing at all. */
      failure: z.string().optional(),
      steps: z.array(step),
    }),
  ),
  rcode: z.string(),
  /** By section, each record as a line of a master file. */
  answer: z.array(z.string()),
  authority: z.array(z.string()),
  /** Everybody in this network gets the same answer (RFC 7871 scope). */
  scope: z.string(),
  /** What the reply says of itself (RFC 8914). */
  note: z.string().optional(),
});

export type Explanation = z.infer<typeof explanationSchema>;
