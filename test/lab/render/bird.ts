/**
 * BIRD 2 of the site routers and of the transit.
 *
 * A site router has two sessions: `coordinator`, from which it takes the anycast prefix and nothing else, and `transit`.
 * It waits for the coordinator (`passive`): fairlead dials. Timers are short so that a lab run is short.
 */
import type { Site } from '../world.ts';
import {
  anycast,
  backendPort,
  clientGateway,
  clientSubnet,
  reference,
  sites,
  transit,
  transitAddress,
} from '../world.ts';
import type { HostFile } from './file.ts';
import { daemon, file, script, setup } from './file.ts';

const header = (routerId: string): string => `
log stderr all;
timeformat log iso short ms;
router id ${routerId};

protocol device { scan time 1; }
protocol kernel {
  ipv4 { export where source != RTS_DEVICE; };
}
`;

const sessionTimers = `hold time 9;
  keepalive time 3;
  connect delay time 1;
  connect retry time 2;
  error wait time 1, 2;`;

/** The files of a site's router; its command `wan down` cuts the site off in both directions, `wan up` heals it. */
export function routerFiles(site: Site): readonly HostFile[] {
  const { router, coordinator, lan } = site;
  const config = `${header(router.address)}
protocol direct {
  ipv4 { import where net = ${lan.subnet}; };
}

protocol bgp coordinator {
  local ${router.address} as ${router.asn};
  neighbor ${coordinator.address} as ${coordinator.asn};
  passive on;
  ${sessionTimers}
  debug { states, routes, events };
  ipv4 {
    import where net = ${anycast.prefix};
    export none;
  };
}

protocol bgp transit {
  local ${router.wanAddress} as ${router.asn};
  neighbor ${transitAddress(site)} as ${transit.asn};
  ${sessionTimers}
  debug { states };
  ipv4 {
    import all;
    export where source ~ [ RTS_DEVICE, RTS_BGP ];
  };
}
`;
  return [
    birdConfig(config),
    bird,
    setup(`${prepare}\n${takeAddress(router.address, lan.subnet)}`),
    script('/usr/local/bin/wan', `${findDevice(site.wan.subnet)}\nip link set dev "$device" "$1"`),
  ];
}

/** The files of the transit: sessions with both routers, and the reference that coordinators judge themselves by. */
export function transitFiles(): readonly HostFile[] {
  const sessions = sites.map(
    (site) => `
protocol bgp ${site.id} {
  local ${transitAddress(site)} as ${transit.asn};
  neighbor ${site.router.wanAddress} as ${site.router.asn};
  ${sessionTimers}
  debug { states, routes };
  ipv4 {
    import all;
    export all;
  };
}
`,
  );
  const config = `${header(reference.address)}
protocol direct {
  ipv4 { import where net ~ [ ${clientSubnet}, ${reference.address}/32 ]; };
}
${sessions.join('')}`;
  return [
    birdConfig(config),
    bird,
    daemon('reference', `busybox httpd -f -p ${reference.address}:${reference.port} -h /srv/www`),
    file('/srv/www/index.html', 'a target outside every site'),
    setup(`
${prepare}
ip address add ${reference.address}/32 dev lo
${takeAddress(clientGateway, clientSubnet)}`),
  ];
}

/** The files of a backend: a web server whose every page names it. */
export function backendFiles(site: Site, name: string): readonly HostFile[] {
  const body = `${name} in ${site.name}`;
  return [
    daemon('httpd', `busybox httpd -f -p ${backendPort} -h /srv/www`),
    file('/srv/www/index.html', body),
    file('/srv/www/healthz', body),
  ];
}

const bird = daemon('bird', 'bird -f -c /etc/bird/bird.conf');

/** Docker gives every container a default route; a router learns its own routes. */
const prepare = `mkdir --parents /run/bird
ip route del default || true`;

function birdConfig(text: string): HostFile {
  return file('/etc/bird/bird.conf', text);
}

/** Docker names interfaces in an order of its own, so an interface is found by the subnet it stands in. */
function findDevice(subnet: string): string {
  return `device=$(ip -oneline address show to ${subnet} | awk 'NR == 1 { print $2 }')`;
}

function takeAddress(address: string, subnet: string): string {
  return `${findDevice(subnet)}\nip address add ${address}/24 dev "$device"`;
}
