/**
 * Plays a file of malformed path attributes with the outcome that RFC 7606 wants: `node test/conformance/rfc7606.ts
 * FILE.json`.
 *
 * Prints each case that fails as a diff, then `N passed, M failed`; exits 1 when any failed or there was none, 2 when there is no file.
 */
import { playRfc7606 } from './rfc7606-run.ts';
import { playFileOfArguments } from './vector-command.ts';

playFileOfArguments('node test/conformance/rfc7606.ts FILE.json', playRfc7606);
