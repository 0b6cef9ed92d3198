/** Every command by name; each is loaded only when it is run, so that a small one starts fast. */
import type { Command } from './command.ts';

type Loader = () => Promise<{ readonly command: Command }>;

/** The commands in the order of `fairlead --help`. */
export const commands: ReadonlyMap<string, Loader> = new Map<string, Loader>([
  ['demo', () => import('./commands/demo.ts')],
  ['coordinator', () => import('./commands/coordinator.ts')],
  ['agent', () => import('./commands/agent.ts')],
  ['status', () => import('./commands/status.ts')],
  ['get', () => import('./commands/get.ts')],
  ['explain', () => import('./commands/explain.ts')],
  ['bgp', () => import('./commands/bgp.ts')],
  ['doctor', () => import('./commands/doctor.ts')],
  ['drain', () => import('./commands/drain.ts')],
  ['undrain', () => import('./commands/undrain.ts')],
  ['depref', () => import('./commands/depref.ts')],
  ['undepref', () => import('./commands/undepref.ts')],
  ['blackhole', () => import('./commands/blackhole.ts')],
  ['unblackhole', () => import('./commands/unblackhole.ts')],
  ['failover', () => import('./commands/failover.ts')],
  ['failback', () => import('./commands/failback.ts')],
  ['check', () => import('./commands/check.ts')],
  ['apply', () => import('./commands/apply.ts')],
  ['history', () => import('./commands/history.ts')],
  ['rollback', () => import('./commands/rollback.ts')],
  ['stop', () => import('./commands/stop.ts')],
]);
