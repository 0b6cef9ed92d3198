/** `fairlead agent` beside a real HAProxy, and a real coordinator: what dies behind the proxy leaves the answer. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { runFairlead } from '../../src/cli/process.fixture.ts';
import { missingHaproxy, startBackend, startHaproxy } from '../peers/haproxy-process.ts';
import { untilAnswered } from './ask.ts';
import { startCoordinator, startFairlead } from './fairlead-process.ts';
import { directoryWith, writeFiles } from './scope.ts';
import { startWebServer } from './web-server.ts';
import { apiUrl, machineFile, newSites, releaseFiles } from './world.ts';

const skip = missingHaproxy() ?? false;
const www = 'www.example.com.';

test(
  'backends that die behind HAProxy leave the answer although its port accepts (R1)',
  { skip, timeout: 60_000 },
  async (context) => {
    const sites = newSites();
    // They stand for the listeners of HAProxy: the port of `www` goes on to answer at both sites.
    for (const address of [sites.fra, sites.iad]) await startWebServer(context, address);
    const backend = await startBackend(context);
    const haproxy = startHaproxy(context, [backend]);
    const siteLines = { fra: 'nodes: [{ name: fra-lb1 }]\n' };
    const directory = directoryWith(context, {
      'fairlead.yaml': machineFile(sites, { site: 'fra', api: ', tokenFile: token' }),
      token: 'a-shared-token\n',
      ...releaseFiles(sites, { coordinators: ['fra'], siteLines }),
    });
    writeFiles(directory, {
      'agent.yaml': `site: fra
node: fra-lb1
tokenFile: token
interval: 1s
coordinators: ['${apiUrl(sites.fra)}']
haproxy:
  socket: ${haproxy.socketPath}
  services: { www: { backend: be_www, frontends: [fe_www] } }
`,
    });
    const agent = startFairlead(context, ['agent', '--config', join(directory, 'agent.yaml')], directory);
    const coordinator = await startCoordinator(context, directory);
    await coordinator.untilLogged(/agent fra-lb1 at fra reports/);
    await untilAnswered(sites.fra, www, [sites.fra, sites.iad]);

    await backend.stop();
    await untilAnswered(sites.fra, www, [sites.iad]);
    const { stdout, code } = await runFairlead(['status'], directory);
    assert.match(stdout, /^fra +fra-lb1 +www +down /m);
    assert.equal(code, 1);
    await backend.start();
    await untilAnswered(sites.fra, www, [sites.fra, sites.iad]);

    // A coordinator that is gone and comes back hears the agent again, and decides by it.
    coordinator.signal('SIGTERM');
    await coordinator.ended();
    await backend.stop();
    const again = await startCoordinator(context, directory);
    await untilAnswered(sites.fra, www, [sites.iad]);
    await again.untilLogged(/agent fra-lb1 at fra reports/);

    agent.signal('SIGTERM');
    assert.equal(await agent.ended(), 0);
  },
);

test(
  'an agent with a wrong token says so and goes on; one with a bad file ends with 1',
  { skip, timeout: 60_000 },
  async (context) => {
    const sites = newSites();
    const directory = directoryWith(context, {
      'fairlead.yaml': machineFile(sites, { site: 'fra', api: ', tokenFile: token' }),
      token: 'a-shared-token\n',
      wrong: 'another-token\n',
      ...releaseFiles(sites, { coordinators: ['fra'] }),
      'agent.yaml': `site: fra\nnode: fra-lb1\ntokenFile: wrong\ncoordinators: ['${apiUrl(sites.fra)}']\n`,
      'bad.yaml': 'site: fra\nnod: fra-lb1\ncoordinators: [here]\ninterval: 1 ms\n',
    });
    await startCoordinator(context, directory);
    const agent = startFairlead(context, ['agent', '--config', 'agent.yaml'], directory);
    await agent.untilLogged(/401|token/);
    assert.ok(agent.isRunning());
    const { code, stdout, stderr } = await runFairlead(['agent', '--config', 'bad.yaml'], directory);
    for (const line of [
      /bad\.yaml:2:1: unknown key 'nod', did you mean 'node'\?/,
      /bad\.yaml:3:16: .*got 'here'/,
      /bad\.yaml:4:11: /,
    ]) {
      assert.match(stdout + stderr, line);
    }
    assert.equal(code, 1);
  },
);
