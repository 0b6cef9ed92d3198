/** Tells how a record came to its answer: the run that decides writes its steps down. */
import type { Client, DynamicRecord, ExplainedAnswer, ExplainedStep } from '#dns/zone/dynamic.ts';
import { formatRdata } from '#dns/wire/rdata.ts';
import type { Run } from './run.ts';

/** Evaluates `record`, whose steps go through `run`, and keeps them. */
export function explainWith(run: Run, record: DynamicRecord, client: Client): ExplainedAnswer {
  const steps: ExplainedStep[] = [];
  run.trace = steps;
  try {
    const answer = record.evaluate(client);
    if (answer.kind === 'failure') {
      steps.push({ step: 'failure', text: answer.reason });
      return { answer, steps };
    }
    const rdata = [...answer.rdata];
    const texts = rdata.map((data) => formatRdata(record.type, data));
    steps.push({ step: 'answer', text: texts.length === 0 ? 'no record' : texts.join(', ') });
    return { answer: { ...answer, rdata }, steps };
  } finally {
    run.trace = undefined;
  }
}
