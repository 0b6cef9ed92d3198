import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import type { TestContext } from 'node:test';
import { formatProblem } from '#config/problem.ts';
import { loadAgentConfig } from './config.ts';
import type { AgentConfig } from './config.ts';

function write(context: TestContext, text: string, others: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'fairlead-agent-'));
  context.after(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries({ ...others, 'agent.yaml': text })) {
    writeFileSync(path.join(folder, name), content);
  }
  return path.join(folder, 'agent.yaml');
}

function load(file: string): AgentConfig {
  const config = loadAgentConfig(file);
  assert.ok(config.ok, config.ok ? '' : config.fault.map(formatProblem).join('\n'));
  return config.value;
}

function problems(file: string): readonly string[] {
  const config = loadAgentConfig(file);
  assert.ok(!config.ok);
  return config.fault.map((problem) => formatProblem({ ...problem, file: path.basename(problem.file) }));
}

const least = 'site: fra\nnode: fra-lb1\ncoordinators: ["http://10.66.1.53:8053"]\n';

test('a full config is read, with its defaults, and paths are relative to the file', (context) => {
  const file = write(
    context,
    `${least}tokenFile: token
haproxy:
  socket: /run/haproxy/admin.sock
  services:
    www: { backend: be_www, frontends: [fe_www] }
keepalived:
  fifo: notify.fifo
  instances:
    VI_1: { addresses: [10.66.1.100, '2001:DB8::100'] }
`,
    { token: 'secret\n' },
  );
  assert.deepEqual(load(file), {
    site: 'fra',
    node: 'fra-lb1',
    coordinators: ['http://10.66.1.53:8053'],
    token: 'secret',
    controlSocket: path.join(path.dirname(file), 'agent.sock'),
    intervalMs: 1000,
    haproxy: {
      socketPath: '/run/haproxy/admin.sock',
      services: [{ service: 'www', backend: 'be_www', frontends: ['fe_www'], minServers: 1, allowBackup: false }],
      reloadHoldMs: 4000,
      restartGraceMs: 3000,
    },
    keepalived: {
      fifoPath: path.join(path.dirname(file), 'notify.fifo'),
      instances: [{ instance: 'VI_1', addresses: ['10.66.1.100', '2001:db8::100'] }],
    },
    bgp: undefined,
    latency: { ports: [80, 443], intervalMs: 10_000 },
  });
});

test('a node needs neither HAProxy nor keepalived nor a token', (context) => {
  const config = load(write(context, least));
  assert.deepEqual([config.haproxy, config.keepalived, config.token], [undefined, undefined, undefined]);
});

test('round trips are measured at the ports given, or not at all', (context) => {
  const latencyOf = (lines: string): AgentConfig['latency'] => load(write(context, `${least}${lines}`)).latency;
  assert.deepEqual(latencyOf('latency: { ports: [8443, 8443], interval: 30s }\n'), {
    ports: [8443],
    intervalMs: 30_000,
  });
  assert.equal(latencyOf('latency: { enabled: false }\n'), undefined);
  assert.match(problems(write(context, `${least}latency: { ports: [], interval: 1ms }\n`)).join(), /:4:33: .*:4:19: /s);
});

test('every fault is told at once, with its place', (context) => {
  const file = write(
    context,
    `site: fra
node: fra-lb1
coordinators: ['10.66.1.53:8053']
interval: 1
haproxy:
  socket: /run/haproxy/admin.sock
  services:
    www: { backned: be_www }
keepalived:
  instances:
    VI_1: { addresses: [10.66.1.300] }
`,
  );
  const lines = problems(file);
  for (const place of ['agent.yaml:3:16:', 'agent.yaml:4:11:', 'agent.yaml:8:12:', 'agent.yaml:11:25:']) {
    assert.ok(
      lines.some((line) => line.startsWith(place)),
      `${place} is not in\n${lines.join('\n')}`,
    );
  }
});

test('a token file that is missing, empty or of several lines is refused where it is named', (context) => {
  assert.match(problems(write(context, `${least}tokenFile: nowhere\n`)).join(), /^agent\.yaml:4:12: .*cannot be read/);
  for (const token of ['', '\n', 'two\nlines\n', 'two words']) {
    const file = write(context, `${least}tokenFile: token\n`, { token });
    assert.match(problems(file).join(), /holds no token/, JSON.stringify(token));
  }
});

test('a config file that is not there is a problem, not a crash', () => {
  assert.match(problems('/nonexistent/agent.yaml').join(), /cannot be read/);
});

test('a node that speaks BGP keeps its state beside the file, and its keys are read', (context) => {
  const file = write(
    context,
    `${least}bgp: { localAddress: 10.66.1.11, listen: ['10.66.1.11:179'], keys: { rt1: key } }\n`,
    {
      key: 'one secret\n',
    },
  );
  assert.deepEqual(load(file).bgp, {
    localAddress: '10.66.1.11',
    listen: [{ address: '10.66.1.11', port: 179 }],
    md5Keys: new Map([['rt1', 'one secret']]),
    stateFile: path.join(path.dirname(file), 'agent-bgp.json'),
  });
});
