/** A refusal of a record's code, thrown inside this room and made a value by compiler.ts. */
export class LuaFault extends Error {
  /** Characters from the start of the code. */
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}
