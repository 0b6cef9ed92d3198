/** An agent is looked at and stopped on its node with every coordinator gone (R30). */
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runFairlead } from '../../src/cli/process.fixture.ts';
import { startFairlead } from './fairlead-process.ts';
import type { FairleadProcess } from './fairlead-process.ts';
import { directoryWith, loopbackAddress, writeFiles } from './scope.ts';
import type { Scope } from './scope.ts';
import { apiUrl } from './world.ts';

const options = { timeout: 60_000 };

const agentFile = (more = ''): string => `site: fra
node: fra-lb1
coordinators: ['${apiUrl(loopbackAddress())}']
latency: { enabled: false }
${more}`;

async function startAgent(scope: Scope, directory: string, file = 'agent.yaml'): Promise<FairleadProcess> {
  const agent = startFairlead(scope, ['agent', '--config', file], directory);
  await agent.untilLogged(/takes no reports/);
  return agent;
}

test(
  'status tells what the node reports and that no coordinator takes it, and stop ends the agent',
  options,
  async (context) => {
    const directory = directoryWith(context, { 'agent.yaml': agentFile() });
    const agent = await startAgent(context, directory);
    const status = await runFairlead(['status'], directory);
    assert.equal(status.code, 1, status.stderr);
    assert.match(status.stdout, /^node fra-lb1 of site fra, up /);
    assert.match(status.stdout, /^http:\S+:8053 +lost +\S+ +.*ECONNREFUSED/m);
    assert.equal(statSync(join(directory, 'agent.sock')).mode & 0o777, 0o660);

    const bgp = await runFairlead(['bgp'], directory);
    assert.deepEqual(
      [bgp.code, bgp.stderr],
      [1, 'fairlead bgp: this node does not speak BGP: its config has no `bgp`\n'],
    );
    const explain = await runFairlead(['history', '--socket', 'agent.sock'], directory);
    assert.match(explain.stderr, /an agent answers here, which has no GET \/v1\/history: ask its coordinator/);

    const stop = await runFairlead(['stop'], directory);
    assert.deepEqual([stop.code, stop.stdout], [0, 'stopped\n']);
    assert.equal(await agent.ended(), 0);
    const gone = await runFairlead(['status'], directory);
    assert.equal(gone.code, 75);
    assert.match(gone.stderr, /^fairlead status: no agent runs here: there is no socket /);
  },
);

test('a node that no coordinator has spoken to says so', options, async (context) => {
  const directory = directoryWith(context, {
    'lb1.yaml': agentFile('bgp: { stateFile: state/bgp.json }\n'),
    'state/.keep': '',
  });
  const agent = await startAgent(context, directory, 'lb1.yaml');
  const bgp = await runFairlead(['bgp', '--config', 'lb1.yaml'], directory);
  assert.equal(bgp.code, 1);
  assert.match(bgp.stderr, /no coordinator of this site has said yet to which border routers this node speaks/);
  const status = await runFairlead(['status', '--socket', 'state/lb1.sock'], directory);
  assert.match(status.stdout, /^BGP: no coordinator has said yet what to tell$/m);
  agent.signal('SIGTERM');
  assert.equal(await agent.ended(), 0);
});

test(
  'a control socket that cannot be had is told and ends nothing; a reload with a better path opens it',
  options,
  async (context) => {
    const directory = directoryWith(context, { 'agent.yaml': agentFile('controlSocket: nowhere/agent.sock\n') });
    const agent = startFairlead(context, ['agent', '--config', 'agent.yaml'], directory);
    await agent.untilLogged(/no command can talk to this agent: its control socket cannot be had: .*nowhere/);
    await agent.untilLogged(/agent of fra-lb1 at fra runs/);
    writeFiles(directory, { 'agent.yaml': agentFile('controlSocket: here.sock\n') });
    agent.signal('SIGHUP');
    await agent.untilLogged(/loaded agent.yaml again/);
    assert.match((await runFairlead(['status'], directory)).stdout, /^node fra-lb1 /);
  },
);
