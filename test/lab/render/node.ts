/** HAProxy, keepalived and the fairlead agent of a proxy node. */
import type { Machine, Role, Site } from '../world.ts';
import { anycast, backendPort, sites } from '../world.ts';
import type { HostFile } from './file.ts';
import { daemon, file, setup } from './file.ts';
import { apiUrl, tokenFile } from './release.ts';

/** The files of one proxy node. */
export function nodeFiles(role: Extract<Role, { kind: 'node' }>): readonly HostFile[] {
  const { site, node, priority } = role;
  return [
    file('/etc/haproxy/haproxy.cfg', haproxyConfig(site)),
    file('/etc/keepalived/keepalived.conf', keepalivedConfig(site, node, priority)),
    file('/etc/fairlead/agent.yaml', agentConfig(site, node)),
    tokenFile,
    daemon('haproxy', 'haproxy -W -db -f /etc/haproxy/haproxy.cfg'),
    daemon('keepalived', 'keepalived --dont-fork --log-console --log-detail'),
    daemon('agent', 'fairlead agent --config /etc/fairlead/agent.yaml'),
    setup(`
mkdir --parents /run/haproxy /run/keepalived
ip address add ${anycast.address}/32 dev lo`),
  ];
}

/** HAProxy accepts on every address of the node, the VIP and the anycast address included, with live servers or without. */
function haproxyConfig(site: Site): string {
  const servers = site.backends.map((backend) => `  server ${backend.name} ${backend.address}:${backendPort}`);
  return `
global
  user haproxy
  group haproxy
  maxconn 1000
  stats socket /run/haproxy/admin.sock mode 660 level admin expose-fd listeners
  stats timeout 30s
  log stdout format raw local0 notice

defaults
  mode http
  log global
  timeout connect 1s
  timeout client 5s
  timeout server 5s

frontend fe_www
  bind :80
  default_backend be_www

backend be_www
  option httpchk GET /healthz
  default-server check inter 1s fall 2 rise 2
${servers.join('\n')}
`;
}

/**
 * VRRPv3 in unicast, without preemption: the VIP stays where it is when the old holder returns.
 * The script's fall is longer than three rounds of probes, so that in a failover the probes do fail (R6).
 * A script watches HAProxy, because track_process needs the kernel's process events, which no container gets.
 * script_user stands before the FIFO: keepalived 2.2 loses the FIFO at a reload otherwise.
 */
function keepalivedConfig(site: Site, node: Machine, priority: number): string {
  const peer = site.nodes[0].name === node.name ? site.nodes[1] : site.nodes[0];
  return `
global_defs {
  script_user root
  enable_script_security
  router_id ${node.name}
  vrrp_version 3
  vrrp_garp_master_refresh 5
  vrrp_notify_fifo /run/keepalived/notify.fifo
}

vrrp_script haproxy_accepts {
  script "/usr/local/bin/haproxy-accepts"
  interval 1
  timeout 1
  fall 4
  rise 2
}

vrrp_instance VI_1 {
  state BACKUP
  nopreempt
  interface eth0
  virtual_router_id 51
  priority ${priority}
  advert_int 1
  unicast_src_ip ${node.address}
  unicast_peer {
    ${peer.address}
  }
  virtual_ipaddress {
    ${site.vip}/24 dev eth0
  }
  track_script {
    haproxy_accepts
  }
}
`;
}

function agentConfig(site: Site, node: Machine): string {
  return `
site: ${site.id}
node: ${node.name}
tokenFile: token
coordinators:
${sites.map((each) => `  - ${apiUrl(each)}`).join('\n')}
interval: 1s
haproxy:
  socket: /run/haproxy/admin.sock
  services:
    www: { backend: be_www, frontends: [fe_www] }
keepalived:
  fifo: /run/keepalived/notify.fifo
  instances:
    VI_1: { addresses: [${site.vip}] }
`;
}
