/** Reading and writing of variables: by slot, through a box, or in a cell of the program's globals. */
import type { Identifier } from 'luaparse';
import { present } from '#base/assert.ts';
import type { Box, Evaluate, Frame, Store } from './frame.ts';
import { offsetOf } from './parse.ts';
import type { ProgramContext } from './program-context.ts';
import type { Binding, FunctionInfo } from './bindings.ts';

export function compileRead(context: ProgramContext, info: FunctionInfo, identifier: Identifier): Evaluate {
  const binding = context.resolution.bindingOf(identifier);
  if (binding.home === undefined) {
    const cell = context.global(binding.name, offsetOf(identifier));
    return () => cell.value;
  }
  const { slot } = binding;
  if (binding.home === info) {
    if (!binding.isCaptured) return (frame) => frame.values[slot];
    return (frame) => frame.boxes[slot]?.value;
  }
  const index = info.indexOf(binding);
  return (frame) => frame.upvalues[index]?.value;
}

export function compileWrite(context: ProgramContext, info: FunctionInfo, identifier: Identifier): Store {
  const binding = context.resolution.bindingOf(identifier);
  if (binding.home === undefined) {
    const cell = context.global(binding.name, offsetOf(identifier));
    return (_, value) => {
      cell.value = value;
    };
  }
  if (binding.home === info && !binding.isCaptured) return compileDeclare(binding);
  return (frame, value) => {
    boxOf(frame, info, binding).value = value;
  };
}

/** Begins a local: each execution makes another variable. */
export function compileDeclare(binding: Binding): Store {
  const { slot } = binding;
  if (!binding.isCaptured) {
    return (frame, value) => {
      frame.values[slot] = value;
    };
  }
  return (frame, value) => {
    frame.boxes[slot] = { value };
  };
}

/** The box of a captured variable as the function `info` sees it. */
export function boxOf(frame: Frame, info: FunctionInfo, binding: Binding): Box {
  const box = binding.home === info ? frame.boxes[binding.slot] : frame.upvalues[info.indexOf(binding)];
  return present(box, `the box of "${binding.name}"`);
}
