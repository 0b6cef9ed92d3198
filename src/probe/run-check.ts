/**
 * Runs one check once, whatever its kind: the timeout covers all of it.
 *
 * How each kind works stands in its own file. `service`, `constant` and `all` are no probes: health judges them.
 */
import type { CheckDefinition, CheckId } from '#health/check-definition.ts';
import { runAgentCheck } from './agent-check.ts';
import { runTcp } from './connect.ts';
import { startDns } from './dns-query.ts';
import { startExec } from './exec.ts';
import { startFile } from './file.ts';
import { HttpRunner } from './http/run.ts';
import { IcmpRunner } from './icmp.ts';
import { createLookUp } from './look-up.ts';
import type { LookUp } from './look-up.ts';
import { unable } from './outcome.ts';
import type { Cancel, Outcome } from './outcome.ts';
import { startPrometheus } from './prometheus.ts';
import { startTls } from './tls.ts';

export type { Outcome } from './outcome.ts';

/** What checks may do on this machine. */
export interface RunnerOptions {
  /** Directories whose programs `exec` may run. */
  readonly execDirectories: readonly string[];
  /** How names in checks are looked up; the system's servers where absent. */
  readonly lookUp?: LookUp;
  /** How long a body may be searched for a pattern; nothing else runs meanwhile. */
  readonly patternTimeoutMs?: number;
}

/** Runs checks, and holds what outlives a run: kept connections, shared sockets. */
export class CheckRunner {
  readonly #options: RunnerOptions;
  readonly #http: HttpRunner;
  readonly #icmp = new IcmpRunner();

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#http = new HttpRunner(options.lookUp ?? createLookUp(), options.patternTimeoutMs);
  }

  /** Starts one run of `check`; `done` is called once, later, at the latest when its timeout is over. */
  start(check: CheckDefinition, done: (outcome: Outcome) => void): Cancel {
    const timer = setTimeout(() => {
      cancel();
      done({ passed: false, reason: `timed out after ${check.timeoutMs}ms` });
    }, check.timeoutMs);
    const finish = (outcome: Outcome): void => {
      clearTimeout(timer);
      done(outcome);
    };
    let cancel: Cancel;
    try {
      cancel = this.#begin(check, finish);
    } catch (error) {
      // What the system refuses outright, such as memory for another process, must cost this run alone.
      const failure = setImmediate(finish, unable(`it cannot be begun: ${messageOf(error)}`));
      cancel = () => {
        clearImmediate(failure);
      };
    }
    return () => {
      clearTimeout(timer);
      cancel();
    };
  }

  /** Lets go of what was kept for a check that is no longer wanted. */
  forget(id: CheckId): void {
    this.#http.forget(id);
  }

  close(): void {
    this.#http.close();
    this.#icmp.close();
  }

  #begin(check: CheckDefinition, done: (outcome: Outcome) => void): Cancel {
    const { what } = check;
    switch (what.kind) {
      case 'tcp':
        return runTcp(check, done);
      case 'http':
      case 'https':
        return this.#http.start({ check, what }, done);
      case 'tls':
        return startTls(check, what, done);
      case 'dns':
        return startDns(check, what, done);
      case 'icmp':
        return this.#icmp.start(check.address, done);
      case 'exec':
        return startExec(check, what, { directories: this.#options.execDirectories, done });
      case 'file':
        return startFile(what.path, done);
      case 'agentCheck':
        return runAgentCheck(check, done);
      case 'prometheus':
        return startPrometheus(check, what, { http: this.#http, done });
      case 'service':
      case 'constant':
      case 'all': {
        const timer = setImmediate(done, unable(`a check of kind '${what.kind}' is no probe`));
        return () => {
          clearImmediate(timer);
        };
      }
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
