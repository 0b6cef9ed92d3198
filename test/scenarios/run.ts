/** Runs scenarios one after the other in one lab: started once, settled before each, removed at the end. */
import { after, before, test } from 'node:test';
import { whyNoDocker } from '../lab/docker.ts';
import type { Lab } from '../lab/lab.ts';
import { startLab } from '../lab/lab.ts';
import { Timeline } from '../lab/timeline.ts';
import { sites } from '../lab/world.ts';
import type { Scenario } from './scenario.ts';

const startTimeoutMs = 300_000;
/** Forty restarts take two minutes, and many more on a machine that others use, too. */
const scenarioTimeoutMs = 1_200_000;
/** How much of a coordinator's log a failure shows. */
const logLines = 60;

/** Declares one test for each scenario. Without Docker they are skipped, or fail where CI is true. */
export async function declareScenarios(scenarios: readonly Scenario[]): Promise<void> {
  const missing = await whyNoDocker();
  if (missing !== undefined) {
    const isContinuousIntegration = process.env['CI'] === 'true';
    for (const { title } of scenarios) {
      test(title, { skip: isContinuousIntegration ? false : missing }, () => {
        throw new Error(missing);
      });
    }
    return;
  }
  let lab: Lab | undefined;
  before(
    async () => {
      lab = await startLab();
      removeOnSignal(lab);
    },
    { timeout: startTimeoutMs },
  );
  after(async () => lab?.stop());
  for (const scenario of scenarios) {
    test(scenario.title, { timeout: scenarioTimeoutMs }, async () => {
      if (lab === undefined) throw new Error('the lab did not start');
      await runOne(lab, scenario);
    });
  }
}

async function runOne(lab: Lab, scenario: Scenario): Promise<void> {
  const timeline = new Timeline();
  try {
    await (scenario.isWithoutFairlead === true ? lab.settleDaemons() : lab.settle());
    lab.reportTo(timeline);
    await scenario.run(lab, timeline);
  } catch (error) {
    await printLogs(lab);
    throw error;
  } finally {
    lab.reportTo(undefined);
    process.stdout.write(timeline.format(scenario.title));
  }
}

async function printLogs(lab: Lab): Promise<void> {
  for (const { coordinator } of sites) {
    const lines = (await lab.logs(coordinator.name)).trimEnd().split('\n').slice(-logLines);
    process.stdout.write(`the last of ${coordinator.name}'s log:\n${lines.join('\n')}\n`);
  }
}

/** An interrupted run removes its containers too; a killed one leaves them to the next run. */
function removeOnSignal(lab: Lab): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      void lab.stop().finally(() => process.exit(1));
    });
  }
}
