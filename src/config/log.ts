/**
 * The logger of a process: one readable line for each event on a terminal, JSON otherwise.
 *
 * Levels follow pino; the time is local on a terminal and ISO 8601 in JSON.
 */
import { pino } from 'pino';
import type { Logger } from 'pino';
import { build as pretty } from 'pino-pretty';

export type { Logger } from 'pino';

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Builds the logger; `name` tells processes apart where several write to one place. */
export function createLogger(options: { readonly level?: LogLevel; readonly name?: string } = {}): Logger {
  const base = options.name === undefined ? {} : { name: options.name };
  const settings = { level: options.level ?? 'info', base, timestamp: () => `,"time":"${new Date().toISOString()}"` };
  if (!process.stdout.isTTY) return pino(settings);
  const stream = pretty({
    colorize: process.env['NO_COLOR'] === undefined,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname,event',
    hideObject: true,
    sync: true,
  });
  return pino(settings, stream);
}
