/**
 * Plays a file of whole BGP messages with what they mean: `node test/conformance/exabgp.ts FILE.jsonl`.
 *
 * Prints each message that fails as a diff, then `N passed, M failed`; exits 1 when any failed or there was none, 2 when there is no file.
 */
import { playExabgp } from './exabgp-run.ts';
import { playFileOfArguments } from './vector-command.ts';

playFileOfArguments('node test/conformance/exabgp.ts FILE.jsonl', playExabgp);
