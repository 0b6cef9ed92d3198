/** A master file's text into a zone, or into everything that is wrong with it (RFC 1035 §5, R29). */
import { recordType } from '../wire/constants.ts';
import { equalNames, formatName } from '../wire/name.ts';
import { buildZone } from './build.ts';
import type { BuildOptions } from './build.ts';
import { checkZone } from './checks.ts';
import { draftZone } from './draft.ts';
import { readMasterFile } from './master-file.ts';
import type { MasterFile, SourceRecord } from './master-file.ts';
import { ProblemList } from './problem.ts';
import type { ZoneProblem } from './problem.ts';
import type { Zone } from './zone.ts';

/** The zone where there is no error; all problems, warnings too, in the order of the file. */
export interface LoadedZone {
  readonly zone: Zone | undefined;
  readonly problems: readonly ZoneProblem[];
}

/** Loads one zone; its apex is the owner of its SOA record. */
export function loadZone(source: MasterFile, options: BuildOptions): LoadedZone {
  const problems = new ProblemList();
  const records = readMasterFile(source, problems);
  const soas = records.filter((record) => record.type === recordType.SOA);
  const [soa, ...others] = soas;
  if (soa === undefined) {
    // An SOA that could not be read is reported already.
    if (!problems.hasErrors) {
      const expected = `expected one, such as "@ IN SOA ns1 hostmaster 1 3600 600 1209600 60"`;
      problems.error({ file: source.file, line: 1, column: 1 }, `the zone has no SOA record: ${expected}`);
    }
    return { zone: undefined, problems: problems.sorted() };
  }
  if (soa.kind === 'code') problems.error(soa.position, 'an SOA record cannot be code: expected it written out');
  for (const other of others) reportSecondSoa(soa, other, problems);
  const draft = draftZone(soa.owner, records, problems);
  checkZone(draft, problems);
  return { zone: buildZone(draft, options, problems), problems: problems.sorted() };
}

function reportSecondSoa(first: SourceRecord, other: SourceRecord, problems: ProblemList): void {
  const where = equalNames(first.owner, other.owner) ? '' : ` at ${formatName(other.owner)}`;
  problems.error(other.position, `a second SOA record${where}: expected only the one in line ${first.position.line}`);
}
