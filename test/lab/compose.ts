/** The world as docker-compose.yml, to play in: the same images, networks, addresses and hosts that the scenarios use. */
import { stringify } from 'yaml';
import { hosts, networks } from './world.ts';
import type { Host, Network } from './world.ts';

/** Options of every network: the Docker host has no address on it and translates nothing. */
export const bridgeOptions: Readonly<Record<string, string>> = {
  'com.docker.network.bridge.inhibit_ipv4': 'true',
  'com.docker.network.bridge.enable_ip_masquerade': 'false',
};

const header = `# The lab to play in. Made from test/lab/world.ts by \`node scripts/lab-compose.ts --write\`; do not edit.
#
#   docker-compose up -d --build
#   docker-compose exec client dig @10.66.1.53 all.example.com +short        both sites
#   docker-compose exec fra-web1 daemon kill httpd                           and the same for fra-web2
#   docker-compose exec client dig @10.66.1.53 all.example.com +short        Virginia alone
#   docker-compose exec fra-router birdc show route protocol coordinator     no anycast route
#   docker-compose exec fra-web1 daemon start httpd
#   docker-compose down
`;

/** The text of docker-compose.yml. */
export function composeText(): string {
  const document = {
    services: Object.fromEntries(hosts.map((host) => [host.name, service(host)])),
    networks: Object.fromEntries(networks.map((network) => [network.name, networkDefinition(network)])),
  };
  return `${header}${stringify(document, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}

function service(host: Host): object {
  const { target, capabilities, sysctls, command, attachments } = host;
  return {
    image: imageName(target),
    build: { context: '.', target },
    hostname: host.name,
    environment: { LAB_HOST: host.name },
    ...(command === undefined ? {} : { command }),
    ...(capabilities.length === 0 ? {} : { cap_add: capabilities }),
    ...(Object.keys(sysctls).length === 0 ? {} : { sysctls }),
    networks: Object.fromEntries(attachments.map(({ network, address }) => [network, { ipv4_address: address }])),
  };
}

function networkDefinition(network: Network): object {
  return {
    driver: 'bridge',
    driver_opts: bridgeOptions,
    ipam: { config: [{ subnet: network.subnet, gateway: network.gateway }] },
  };
}

/** What the image of a build target is called on this machine. */
export function imageName(target: Host['target']): string {
  return `fairlead-${target}`;
}
