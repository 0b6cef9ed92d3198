/**
 * A coordinator off the path, from sites/*.yaml to a real BIRD that runs exactly what `fairlead doctor bgp --for bird`
 * prints: key, GTSM, code point, BFD, and graceful restart when the process is killed.
 */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { runFairlead } from '../../src/cli/process.fixture.ts';
import { eventually } from '../../src/bgp-ts/test/wait.ts';
import { startFairlead } from '../cli/fairlead-process.ts';
import type { FairleadProcess } from '../cli/fairlead-process.ts';
import { labIsMissing, PathLab, routerAddress } from '../cli/path-lab.ts';
import { directoryWith, fileScope, writeFiles } from '../cli/scope.ts';
import { apiPort, apiUrl } from '../cli/world.ts';

const options = { timeout: 60_000, skip: labIsMissing };
const scope = fileScope();

const site = '10.9.0.1';
const prefix = '203.0.113.0/24';
const protocol = 'fairlead_fra_rt';
const ofSession = `show protocols all ${protocol}`;
const ofPrefix = `show route all protocol ${protocol} ${prefix}`;
const isTold = /BGP\.as_path: 65010\n/;

const files = {
  'fairlead.yaml': `site: fra
stateDirectory: var
dns: { listen: ['${site}:5300'] }
api: { listen: '${site}:${apiPort}', tokenFile: token }
replication: { role: writer }
bgp: { keys: { border: key } }
`,
  token: 'a-shared-token\n',
  key: 'wrong key\n',
  'sites/fra.yaml': `site: fra
name: Frankfurt
location: { latitude: 50.1, longitude: 8.6 }
coordinator: { api: '${apiUrl(site)}' }
endpoints:
  www: [ { address: 203.0.113.1, port: ${apiPort}, vip: ${site}, probe: ${site} } ]
bgp:
  asn: 65010
  routerId: ${site}
  neighbors:
    - name: rt
      address: ${routerAddress}
      asn: 65000
      holdTime: 90s
      ttlSecurity: 1
      md5: border
      dscp: 48
      families: [ipv4-unicast]
      bfd: { enabled: true, interval: 300ms, multiplier: 3 }
`,
  'zones/services.yaml': `services:
  www: { check: { type: tcp, interval: 200ms, timeout: 5s } }
prefixes:
  - { prefix: ${prefix}, sites: [fra], gatedBy: { any: [www] }, drain: 1s }
`,
  'zones/example.com.zone': `$TTL 300
@   IN SOA ns1 hostmaster 1 3600 600 1209600 60
@   IN NS  ns1
@   IN NS  ns2
ns1 IN A   192.0.2.53
ns2 IN A   192.0.2.54
`,
};

interface Bench {
  readonly lab: PathLab;
  readonly directory: string;
  /** What tcpdump printed of a SYN with the code point, the hop limit and a signature. */
  readonly packet: string;
  coordinator: FairleadProcess;
}

let bench: Bench | undefined;

function world(): Bench {
  assert.ok(bench !== undefined);
  return bench;
}

function start(lab: PathLab, directory: string): FairleadProcess {
  return startFairlead(scope, ['coordinator'], directory, lab.within('site'));
}

before(async () => {
  if (options.skip !== false) return;
  const lab = await PathLab.start(scope, { site }, '');
  const directory = directoryWith(scope, files);
  const isMarked = `tcp and src host ${site} and dst host ${routerAddress} and ip[1] = 0xc0 and ip[8] = 255`;
  const packet = await lab.packet(isMarked);
  const coordinator = start(lab, directory);
  await coordinator.untilLogged(/answering DNS on/);
  const printed = await runFairlead(['doctor', 'bgp', '--for', 'bird'], directory);
  assert.equal(printed.code, 0, printed.stderr);
  await lab.configure(printed.stdout.replaceAll('CHANGE-ME', 'right key'));
  bench = { lab, directory, packet: await packet.seen, coordinator };
});

test('a wrong key is told in words, with the name of the key', options, async () => {
  const { directory, lab, coordinator } = world();
  const shown = await runFairlead(['bgp'], directory);
  assert.equal(shown.code, 1);
  assert.match(shown.stdout, /^coordinator +rt +10\.9\.0\.254:179 +65000 +(connect|active|idle) /m);
  const { stdout, code } = await runFairlead(['doctor', 'bgp'], directory);
  assert.equal(code, 1);
  assert.match(stdout, /^coordinator rt: the session is .*\n +-> compare the TCP-MD5 key 'border' on both sides/m);
  assert.match(await lab.ask(ofSession), /BGP state: +(Passive|Active)/);
  writeFiles(directory, { key: 'right key\n' });
  coordinator.signal('SIGTERM');
  assert.equal(await coordinator.ended(), 0);
  world().coordinator = start(lab, directory);
});

test(
  'BIRD with the printed config has a session by key, GTSM, code point and BFD, and takes the prefix',
  options,
  async () => {
    const { lab, directory, packet } = world();
    await lab.shows(ofPrefix, isTold);
    assert.match(packet, /Flags \[S\],.* options \[nop,nop,md5 /);
    await lab.shows('show bfd sessions', /^10\.9\.0\.1 +\S+ +Up /m);
    const shown = await eventually('BFD in fairlead bgp', async () => {
      const { stdout } = await runFairlead(['bgp'], directory);
      return stdout.includes('up, 900ms') ? stdout : undefined;
    });
    assert.match(shown, /^coordinator +rt +10\.9\.0\.254:179 +65000 +established .* restart(\+N)? +up, 900ms /m);
  },
);

test(
  'a coordinator that is killed leaves its route at the router, stale, for longer than BFD needs to notice',
  options,
  async () => {
    const { lab, coordinator, directory } = world();
    const since = lab.log().length;
    coordinator.signal('SIGKILL');
    await coordinator.ended();
    await lab.logs(/Neighbor graceful restart detected/, since);
    await lab.logs(/BFD session down/, since);
    assert.match(await lab.ask(ofSession), /Neighbor graceful restart active/);
    assert.match(await lab.ask(ofPrefix), isTold);
    const progress = { isBack: false };
    world().coordinator = start(lab, directory);
    const back = lab.logs(/BGP session established/, since).then(() => (progress.isBack = true));
    while (!progress.isBack) assert.match(await lab.ask(ofPrefix), isTold);
    await back;
    await world().coordinator.untilLogged(/answering DNS on/);
    assert.match(await lab.ask(ofPrefix), isTold);
  },
);

test('BFD that goes unheard ends the session, and it comes back', options, async () => {
  const { lab } = world();
  await lab.shows('show bfd sessions', /^10\.9\.0\.1 +\S+ +Up /m);
  const since = lab.log().length;
  lab.blockBfd('site', true);
  await lab.logs(/(BFD session down|Received: .*6\.10)/, since);
  lab.blockBfd('site', false);
  await lab.shows(ofPrefix, isTold);
  await lab.shows('show bfd sessions', /^10\.9\.0\.1 +\S+ +Up /m);
});
