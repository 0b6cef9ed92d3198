/** One scrape of `GET /v1/metrics`: a registry of its own, into which each row is written as one sample. */
import { Counter, Gauge, Registry } from 'prom-client';

/** The labels of a sample. */
export type Labels = Readonly<Record<string, string>>;

/** One scrape's metrics: each row is one sample. */
export class Scrape {
  readonly #registry = new Registry();

  gauge(name: string, help: string, samples: readonly (readonly [Labels, number])[]): void {
    const gauge = new Gauge({ name, help, labelNames: labelsOf(samples), registers: [this.#registry] });
    for (const [labels, value] of samples) gauge.set(labels, value);
  }

  counter(name: string, help: string, samples: readonly (readonly [Labels, number])[]): void {
    const counter = new Counter({ name, help, labelNames: labelsOf(samples), registers: [this.#registry] });
    for (const [labels, value] of samples) counter.inc(labels, value);
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }
}

function labelsOf([first]: readonly (readonly [Labels, number])[]): string[] {
  return Object.keys(first?.[0] ?? {});
}
