/** One readable line in the log for each change of a service or a virtual address. */
import type { Logger } from 'pino';
import type { ServiceReport, VipReport } from '#health/report.ts';
import type { ComposerInput } from './composer.ts';

/** Builds a function that is given each state and logs what differs from the one before. */
export function createChangeLog(logger: Logger): (input: ComposerInput) => void {
  const last = new Map<string, string>();
  const isNews = (key: string, state: string): boolean => {
    const before = last.get(key);
    last.set(key, state);
    return before !== state;
  };
  const logService = (report: ServiceReport): void => {
    const { service, state, reason, holding } = report;
    if (!isNews(`service ${service}`, `${state} ${holding === undefined}`)) return;
    if (holding !== undefined) logger.warn({ service, state }, `${service} held ${state}: ${holding}`);
    else if (state === 'up') logger.info({ service, state }, `${service} up: ${reason}`);
    else logger.warn({ service, state }, `${service} ${state}: ${reason}`);
  };
  const logVip = ({ address, owned, instance }: VipReport): void => {
    if (!isNews(`vip ${address}`, String(owned))) return;
    logger.info({ address, owned }, `${address} is ${owned ? 'here' : 'not here'} (${instance ?? 'no instance'})`);
  };
  return (input) => {
    if (input.kind === 'services') for (const report of input.reports) logService(report);
    else for (const report of input.reports) logVip(report);
  };
}
