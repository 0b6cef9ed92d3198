/** A DNS service on loopback over one small zone, for tests. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { IpAddress } from '#base/ip.ts';
import type { DnsConfig } from '#config/dns-options.ts';
import { createLogger } from '#config/log.ts';
import { readZones } from '#config/zone-reader.ts';
import { setSerials } from '#dns/zone/image-builder.ts';
import type { SharedGeneration } from '#serve/answering.ts';
import { SteeringTable } from '#steering/table.ts';
import { DnsService } from './dns-service.ts';

/** A zone `example.com` with this serial, in each of the files. */
export function generationWith(
  serial: number,
  files: readonly string[] = ['zones/example.com.zone'],
): SharedGeneration {
  const text = '$TTL 60\n@ SOA ns1 host 1 60 60 60 60\n@ NS ns1\nns1 A 192.0.2.1\n';
  const { image, geo } = readZones(new Map(files.map((file) => [file, text])));
  setSerials(image, serial);
  return { ...image, steering: SteeringTable.create(0).buffer, slots: new Map(), services: [], geo };
}

/** Opens a service on a free port, which ends with the test. */
export async function openService(
  context: TestContext,
  generation: SharedGeneration,
  changes: Partial<DnsConfig> = {},
): Promise<DnsService> {
  const service = new DnsService(
    {
      listen: [{ address: '127.0.0.1' as IpAddress, port: 0 }],
      threads: 1,
      minimalResponses: true,
      rotate: false,
      joinReplies: true,
      luaStepLimit: 10_000,
      nsid: undefined,
      chaos: {},
      cookies: { kind: 'none' },
      rateLimit: undefined,
      transferTo: [],
      tcp: { maxConnections: 10, maxConnectionsPerClient: 10, idleTimeoutMs: 10_000 },
      ...changes,
    },
    createLogger({ level: 'error' }),
  );
  service.swap(generation);
  assert.deepEqual(await service.open(), { ok: true, value: undefined });
  context.after(() => service.close());
  return service;
}
