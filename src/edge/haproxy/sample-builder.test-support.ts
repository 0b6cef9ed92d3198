/** Builds samples for the tests of judge and tracker. */
import type { ServiceMapping } from './judge.ts';
import type { FrontendRow, HaproxySample, ProcessInfo, ServerRow, StatRow } from './sample.ts';

export const mapping: ServiceMapping = {
  service: 'www',
  backend: 'be_www',
  frontends: [],
  minServers: 1,
  allowBackup: false,
};

/** A checked server that is up, but for `parts`. */
export function server(parts: Partial<ServerRow> = {}): ServerRow {
  return {
    kind: 'server',
    proxy: 'be_www',
    name: 'web1',
    status: 'UP',
    isBackup: false,
    weight: 1,
    userWeight: 1,
    sessions: 0,
    sessionLimit: undefined,
    checkStatus: 'L7OK',
    lastCheck: '',
    ...parts,
  };
}

/** An open frontend, but for `parts`. */
export function frontend(parts: Partial<FrontendRow> = {}): FrontendRow {
  return { kind: 'frontend', proxy: 'fe_www', status: 'OPEN', sessions: 0, sessionLimit: undefined, ...parts };
}

interface SampleParts {
  readonly backend?: string;
  readonly others?: readonly StatRow[];
  readonly info?: Partial<ProcessInfo>;
}

/** A sample of a process that has run for an hour, with these servers in `be_www`. */
export function sampleOf(servers: readonly ServerRow[], parts: SampleParts = {}): HaproxySample {
  const info = { pid: 100, startTimeSeconds: 1000, uptimeSeconds: 3600, isStopping: false, version: '2.6.12' };
  const backend = { kind: 'backend', proxy: 'be_www', status: parts.backend ?? 'UP' } as const;
  return { info: { ...info, ...parts.info }, rows: [...(parts.others ?? []), ...servers, backend] };
}
