import { EngineError } from '../../core/errors.ts'

/** What ONNX Runtime says, in words. It names the operator, which was named after the Gradus operation. */
export const describeFailure = (engine: string, cause: unknown): EngineError => {
  if (cause instanceof EngineError) return cause
  const text = cause instanceof Error ? cause.message : String(cause)
  const missing =
    /Could not find an implementation for (\w+)\(\d+\) node with name '([a-zA-Z0-9]+)_\d+'/.exec(text) ??
    /Provider type for (\w+) node with name '([a-zA-Z0-9]+)_\d+' is not set/.exec(text)
  if (missing) {
    return new EngineError(
      `${engine}: ONNX Runtime has no ${missing[1]} kernel for the dtype that ${missing[2]} was given. Convert with x.to('float32'), or use the reference engine.`,
      { op: missing[2] },
      cause,
    )
  }
  const outside = /Name:'([a-zA-Z0-9]+)_\d+'.*idx=(-?\d+) must be within the inclusive range \[(-?\d+),(-?\d+)\]/.exec(
    text,
  )
  if (outside) {
    const [, op, index, low, high] = outside
    return new EngineError(
      `${engine}: ${op}: index ${index} does not exist on an axis of size ${Number(high) + 1}. Allowed: ${low} to ${high}.`,
      { op, index: Number(index) },
      cause,
    )
  }
  const element = /Name:'([a-zA-Z0-9]+)_\d+'.*Out of range value in index tensor/.exec(text)
  if (element) {
    return new EngineError(
      `${engine}: ${element[1]}: an index does not exist on the axis. Check labels and indices: they count from 0 to size - 1.`,
      { op: element[1] },
      cause,
    )
  }
  return new EngineError(
    `${engine}: ONNX Runtime refused: ${text.split('\n')[0]}. If the inputs are right, compare with the reference engine: setEngine('reference').`,
    {},
    cause,
  )
}
