/** What a machine that speaks has for itself, as its config gives it. */
import type { IpAddress } from '#base/ip.ts';

/** The machine's side of BGP. */
export interface SpeakingMachine {
  /** Source address of sessions to neighbors of its family that name none. */
  readonly localAddress: IpAddress | undefined;
  readonly listen: readonly { readonly address: IpAddress; readonly port: number }[];
  /** Texts of TCP-MD5 keys by name. */
  readonly md5Keys: ReadonlyMap<string, string>;
}
