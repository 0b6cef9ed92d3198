/**
 * `fairlead demo`: the coordinator of the config here, with stand-in web servers for its sites, and what to try.
 * `fairlead demo stop SITE` and `demo start SITE` reach the one that runs.
 */
import type { Server } from 'node:net';
import { join } from 'node:path';
import { runCoordinator } from '#coordinator/main.ts';
import type { RunningCoordinator } from '#coordinator/run.ts';
import { loadMachine, machineFileName } from '#config/machine.ts';
import { formatProblems } from '#config/problem.ts';
import { checkDirectory } from '#config/check-directory.ts';
import { exitCode } from '../command.ts';
import { defineCommand } from '../define.ts';
import { demoVerbs, listenForVerbs, sendVerb } from '../demo/control.ts';
import type { DemoVerb } from '../demo/control.ts';
import { StandIns } from '../demo/stand-ins.ts';
import { configDirectory } from '../options.ts';

export const command = defineCommand({
  name: 'demo',
  summary: 'run the example here, with stand-in web servers',
  usage: `Usage: fairlead demo [--config DIR]
       fairlead demo stop|start SITE [--config DIR]

Without a verb: runs the coordinator and one web server for each endpoint of each site, until Ctrl-C.
With one: stops or starts the web servers of a site in the demo that runs.
Exit code: 0 ended or done, 1 refused, 2 wrong usage, 75 no demo runs.

  -c, --config DIR   where fairlead.yaml lies (default: here, else /etc/fairlead)`,
  options: { config: { type: 'string', short: 'c' } },
  parameters: ['[VERB]', '[SITE]'],
  run: async ({ values, positionals: [word, site], misused }) => {
    const directory = configDirectory(values.config);
    if (word === undefined) return startDemo(directory);
    const verb = demoVerbs.find((candidate) => candidate === word);
    if (verb === undefined) return misused(`unknown verb '${word}', expected ${demoVerbs.join(' or ')}`);
    if (site === undefined) return misused('expected SITE');
    return tell(directory, verb, site);
  },
});

async function startDemo(directory: string): Promise<number> {
  const checked = checkDirectory(directory);
  if (!checked.ok) {
    process.stderr.write(formatProblems(checked.fault.problems, checked.fault.sources));
    return exitCode.failed;
  }
  const { machine, release } = checked.value;
  return runDemo(directory, demoSocketOf(machine.stateDirectory), new StandIns(release.sites));
}

function demoSocketOf(stateDirectory: string): string {
  return join(stateDirectory, 'demo.sock');
}

async function tell(directory: string, verb: DemoVerb, site: string): Promise<number> {
  const machine = loadMachine(directory);
  if (!machine.ok) {
    const { problems, text } = machine.fault;
    process.stderr.write(formatProblems(problems, new Map(text === undefined ? [] : [[machineFileName, text]])));
    return exitCode.failed;
  }
  const socketPath = demoSocketOf(machine.value.stateDirectory);
  const reply = await sendVerb(socketPath, verb, site);
  if (reply === undefined) {
    process.stderr.write(
      `fairlead demo: no demo runs here: nobody answers on ${socketPath}; start it with npm start\n`,
    );
    return exitCode.unreachable;
  }
  process.stdout.write(`${reply}\n`);
  return exitCode.ok;
}

async function runDemo(directory: string, socketPath: string, standIns: StandIns): Promise<number> {
  for (const site of standIns.names) {
    try {
      await standIns.start(site);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      process.stderr.write(`fairlead demo: the web servers of ${site} cannot be started: ${why}\n`);
      await standIns.stopAll();
      return exitCode.failed;
    }
  }
  let verbs: Promise<Server | undefined> = Promise.resolve(undefined);
  const code = await runCoordinator({
    directory,
    onRunning: (running) => {
      verbs = openVerbs(socketPath, standIns).finally(() => {
        process.stdout.write(whatToTry(running, standIns.names));
      });
    },
  });
  (await verbs)?.close();
  await standIns.stopAll();
  return code;
}

/** Without its socket the demo still answers; it only cannot be told to stop a site. */
async function openVerbs(socketPath: string, standIns: StandIns): Promise<Server | undefined> {
  try {
    return await listenForVerbs(socketPath, (verb, site) => standIns[verb](site));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    process.stderr.write(`fairlead demo: stop and start are not taken on ${socketPath}: ${why}\n`);
    return undefined;
  }
}

function whatToTry({ dnsAddresses: [dns = ''] }: RunningCoordinator, [site = 'fra']: readonly string[]): string {
  const [address = '', port = ''] = dns.split(/:(?=\d+$)/);
  const dig = `dig @${address} -p ${port} www.example.com +short`;
  const steps = [
    [dig, 'which sites are up'],
    [`npx fairlead demo stop ${site}`, 'its web server dies'],
    [dig, 'answered by the other site, a few seconds later'],
    ['npx fairlead status', 'what is believed, and why'],
    [`npx fairlead demo start ${site}`, 'and back'],
  ];
  const width = Math.max(...steps.map(([text = '']) => text.length));
  const lines = steps.map(([text = '', why = '']) => `  ${text.padEnd(width)}   # ${why}`);
  return `\nIn another terminal, try:\n\n${lines.join('\n')}\n\nCtrl-C ends it.\n\n`;
}
