/** `fairlead coordinator`: runs this site's coordinator in the foreground. */
import { ZoneThreads } from '#coordinator/zone-thread.ts';
import { defineCommand } from '../define.ts';
import { configDirectory } from '../options.ts';

export const command = defineCommand({
  name: 'coordinator',
  summary: "run this site's coordinator: DNS, BGP, decisions",
  usage: `Usage: fairlead coordinator [--replace] [--config DIR]

Reads DIR/fairlead.yaml, and on the writer DIR/sites and DIR/zones. Runs until SIGTERM, which leaves the routes to a
restart, or 'fairlead stop', which takes them back. SIGHUP takes changed files in; with an error in them nothing changes.
With --replace, as for an upgrade, it takes over from the coordinator that runs here: that one answers DNS until this
one does, so no query is lost, and then ends. Where this one cannot start, that one goes on.
Exit code: 0 ended as asked, 1 the config is refused or an address cannot be had, 2 wrong usage.

  --replace          take over from the coordinator that runs here
  -c, --config DIR   where fairlead.yaml lies (default: here, else /etc/fairlead)`,
  options: { config: { type: 'string', short: 'c' }, replace: { type: 'boolean', default: false } },
  run: async ({ values }) => {
    // Reading zones is most of a start: the thread that does it loads its code while this one loads the rest.
    const zoneThreads = new ZoneThreads();
    zoneThreads.prepare();
    const { runCoordinator } = await import('#coordinator/main.ts');
    return runCoordinator({ directory: configDirectory(values.config), replace: values.replace, zoneThreads });
  },
});
