/** `fairlead`: finds the command, runs it, and gives its exit code to the shell. */
import { didYouMean } from '#config/nearest.ts';
import { exitCode } from './command.ts';
import { commands } from './commands.ts';
import { formatTable } from './table.ts';

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const out = name === undefined ? process.stderr : process.stdout;
    out.write(await describeCommands());
    return name === undefined ? exitCode.usage : exitCode.ok;
  }
  const load = commands.get(name);
  if (load === undefined) {
    const hint = didYouMean(name, commands.keys());
    process.stderr.write(`fairlead: unknown command '${name}'${hint}\nRun 'fairlead --help' for the commands.\n`);
    return exitCode.usage;
  }
  const { command } = await load();
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(`${command.usage}\n`);
    return exitCode.ok;
  }
  return command.run(rest);
}

async function describeCommands(): Promise<string> {
  const all = await Promise.all([...commands.values()].map((load) => load()));
  const rows = all.map(({ command }) => [`  ${command.name}`, command.summary]);
  const [, ...lines] = formatTable(['', ''], rows).split('\n');
  return `Usage: fairlead COMMAND [options]\n\n${lines.join('\n')}\n\nRun 'fairlead COMMAND --help' for its options.\n`;
}
