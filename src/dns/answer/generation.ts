/** What is answered at one time: all zones together, replaced whole (R28, R29). */
import type { DynamicCompiler, DynamicRecord, DynamicSource } from '../zone/dynamic.ts';
import type { BuiltImage } from '../zone/image-builder.ts';
import { ZoneImage } from '../zone/image.ts';

/** The lowest TTL that a record has while a change is pending (R13). */
export const defaultMinimumTtlSeconds = 10;

/** The zones of one release and the limits that they are answered with, as one thread sees them. */
export interface Generation {
  readonly image: ZoneImage;
  /** By the numbers that the image has for them. */
  readonly programs: readonly DynamicRecord[];
  /** What the programs were compiled from. */
  readonly sources: readonly DynamicSource[];
  /** The TTL of records and negative answers that may change soon (R13, R14). */
  readonly minimumTtlSeconds: number;
  /** Told when a program gives no answer. */
  readonly onFailure: (source: DynamicSource, reason: string) => void;
  /** Another number whenever what programs read has changed: programs that met that run again. */
  readonly sequence: () => number;
}

/** What a generation is opened with. */
export interface GenerationOptions {
  readonly compile: DynamicCompiler;
  readonly minimumTtlSeconds?: number;
  /** A fixed number where absent. */
  readonly sequence?: () => number;
  readonly onFailure?: (source: DynamicSource, reason: string) => void;
}

/** Opens an image in this thread and compiles its programs here. */
export function createGeneration(built: BuiltImage, options: GenerationOptions): Generation {
  const {
    compile,
    minimumTtlSeconds = defaultMinimumTtlSeconds,
    sequence = () => 0,
    onFailure = () => undefined,
  } = options;
  return {
    image: new ZoneImage(built.buffer),
    programs: built.programs.map((source) => compileProgram(source, compile)),
    sources: built.programs,
    minimumTtlSeconds,
    sequence,
    onFailure,
  };
}

/** Programs were compiled once when the zone was checked; one that fails now answers SERVFAIL and says why. */
function compileProgram(source: DynamicSource, compile: DynamicCompiler): DynamicRecord {
  const compiled = compile(source);
  if (compiled.ok) return compiled.value;
  const reason = `the record's code does not compile: ${compiled.fault.message}`;
  return { type: source.type, evaluate: () => ({ kind: 'failure', reason }) };
}
