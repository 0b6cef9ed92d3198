/** The files of any host of the lab, by its role. */
import type { Host } from '../world.ts';
import { backendFiles, routerFiles, transitFiles } from './bird.ts';
import type { HostFile } from './file.ts';
import { nodeFiles } from './node.ts';
import { coordinatorFiles } from './release.ts';

/** Every file that the host gets over what its image holds. */
export function hostFiles({ role }: Host): readonly HostFile[] {
  switch (role.kind) {
    case 'router':
      return routerFiles(role.site);
    case 'transit':
      return transitFiles();
    case 'node':
      return nodeFiles(role);
    case 'coordinator':
      return coordinatorFiles(role.site);
    case 'backend':
      return backendFiles(role.site, role.backend.name);
    case 'client':
      return [];
  }
}
