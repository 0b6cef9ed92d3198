/**
 * Docker for the lab: whether it is there, the networks, and the removal of everything that bears the lab's label.
 *
 * testcontainers leaves cleaning up to a container of its own; here the label is enough, and it also finds what an
 * earlier run that crashed has left.
 */
import { GenericContainer, getContainerRuntimeClient } from 'testcontainers';
import type { StartedTestContainer } from 'testcontainers';
import type Dockerode from 'dockerode';
import { bridgeOptions, imageName } from './compose.ts';
import type { Host, ImageTarget, Network } from './world.ts';

process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';

/** Marks every container and network of the lab; its value is the process that owns them. */
export const ownerLabel = 'fairlead.lab.owner';

/** The label as a container or network of this process carries it. */
export const ownLabels: Readonly<Record<string, string>> = { [ownerLabel]: String(process.pid) };

/** The Docker client that testcontainers found. */
export async function connectDocker(): Promise<Dockerode> {
  return (await getContainerRuntimeClient()).container.dockerode;
}

/** Why Docker cannot be used, in one line that says how to get it; undefined where it works. */
export async function whyNoDocker(): Promise<string | undefined> {
  try {
    await (await connectDocker()).ping();
    return undefined;
  } catch (error) {
    const cause = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return `Docker is missing (${cause}): apt-get install -y docker.io && service docker start`;
  }
}

/** The name of a network of the lab on this Docker. */
export function networkName(network: string): string {
  return `fairlead-lab-${network}`;
}

export async function createNetwork(docker: Dockerode, network: Network): Promise<void> {
  await docker.createNetwork({
    Name: networkName(network.name),
    Driver: 'bridge',
    IPAM: { Config: [{ Subnet: network.subnet, Gateway: network.gateway }] },
    Options: { ...bridgeOptions },
    Labels: { ...ownLabels },
  });
}

/** Builds the images of these targets from the repository's Dockerfile; quick when nothing has changed. */
export async function buildImages(docker: Dockerode, targets: readonly ImageTarget[]): Promise<void> {
  // One after the other, so that each finds the stages of the one before in the cache.
  for (const target of targets) await buildImage(docker, target);
}

/**
 * testcontainers takes a failed build for a success when an older image bears the name, so that image steps aside first.
 */
async function buildImage(docker: Dockerode, target: ImageTarget): Promise<void> {
  const name = imageName(target);
  const root = new URL('../../', import.meta.url).pathname;
  const hadOne = await hasImage(docker, name);
  if (hadOne) {
    await docker.getImage(name).tag({ repo: name, tag: 'previous' });
    await docker.getImage(name).remove();
  }
  await GenericContainer.fromDockerfile(root).withTarget(target).build(name, { deleteOnExit: false }).catch(ignore);
  const isBuilt = await hasImage(docker, name);
  if (hadOne) {
    const previous = docker.getImage(`${name}:previous`);
    // The old image keeps its name after a failure: it holds the layers that the next build starts from.
    if (!isBuilt) await previous.tag({ repo: name, tag: 'latest' });
    await previous.remove();
  }
  if (!isBuilt) throw new Error(`the image ${name} was not built; to see why: docker build --target ${target} .`);
}

/** Whether the image is there says more than the error, which names no cause. */
function ignore(): void {
  return undefined;
}

async function hasImage(docker: Dockerode, name: string): Promise<boolean> {
  const images = await docker.listImages({ filters: { reference: [`${name}:latest`] } });
  return images.length > 0;
}

/** Removes what earlier runs left; refuses when one of them is still running. */
export async function removeLeftovers(docker: Dockerode): Promise<void> {
  const containers = await docker.listContainers({ all: true, filters: { label: [ownerLabel] } });
  for (const { Labels } of containers) {
    const owner = Number(Labels[ownerLabel]);
    if (owner !== process.pid && isAlive(owner)) throw new Error(`another run of the lab is up: process ${owner}`);
  }
  // One after the other, for the reason that `startContainers` gives.
  for (const { Id } of containers) await docker.getContainer(Id).remove({ force: true, v: true });
  const networks = await docker.listNetworks({ filters: { label: [ownerLabel] } });
  for (const network of networks) await removeNetwork(docker, network);
}

async function removeNetwork(docker: Dockerode, { Id, Name }: Dockerode.NetworkInspectInfo): Promise<void> {
  try {
    await docker.getNetwork(Id).remove();
  } catch (error) {
    throw new Error(
      `the network ${Name} cannot be removed; where 'docker network inspect ${Name}' shows no container on it, ` +
        'the engine has lost count of its endpoints, and counts again when it is restarted',
      { cause: error },
    );
  }
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch {
    return false;
  }
}

/**
 * Starts these hosts one after the other. Of containers that join or leave a network at the same moment Docker 20.10 may
 * count one twice, and such a network cannot be removed before the engine is restarted.
 */
export async function startContainers(
  docker: Dockerode,
  hosts: readonly Host[],
): Promise<ReadonlyMap<string, StartedTestContainer>> {
  const started = new Map<string, StartedTestContainer>();
  for (const host of hosts) started.set(host.name, await new LabContainer(host, docker).start());
  return started;
}

/** A container of the lab, with the fixed addresses that testcontainers has no call for. */
class LabContainer extends GenericContainer {
  readonly #host: Host;
  readonly #docker: Dockerode;

  constructor(host: Host, docker: Dockerode) {
    super(imageName(host.target));
    this.#host = host;
    this.#docker = docker;
    this.withLabels({ ...ownLabels }).withEnvironment({ LAB_HOST: host.name });
    if (host.capabilities.length > 0) this.withAddedCapabilities(...host.capabilities);
    if (host.command !== undefined) this.withCommand([...host.command]);
  }

  protected override async beforeContainerCreated(): Promise<void> {
    const [first] = this.#host.attachments;
    if (first === undefined) throw new Error(`bug: ${this.#host.name} is on no network`);
    const name = networkName(first.network);
    this.withNetworkMode(name);
    this.hostConfig.Sysctls = { ...this.#host.sysctls };
    this.createOpts.Hostname = this.#host.name;
    this.createOpts.NetworkingConfig = {
      EndpointsConfig: { [name]: { IPAMConfig: { IPv4Address: first.address } } },
    };
  }

  protected override async containerCreated(containerId: string): Promise<void> {
    for (const { network, address } of this.#host.attachments.slice(1)) {
      await this.#docker.getNetwork(networkName(network)).connect({
        Container: containerId,
        EndpointConfig: { IPAMConfig: { IPv4Address: address } },
      });
    }
  }
}
