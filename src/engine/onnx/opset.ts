/** What ONNX Runtime's own session is given. */
export const newestOpset = 21
/** What older readers of a file understand. */
export const oldestOpset = 17

/** The first opset with an operator as it is written here, where that is a new one; never for one that only ONNX Runtime has. */
const since: Readonly<Record<string, number>> = {
  AffineGrid: 20,
  BitwiseAnd: 18,
  BitwiseNot: 18,
  BitwiseOr: 18,
  BitwiseXor: 18,
  CenterCropPad: 18,
  Col2Im: 18,
  DFT: 20,
  Gelu: 20,
  GridSample: 20,
  GroupNormalization: 21,
  IsInf: 20,
  LpPool: 18,
  Mish: 18,
  Resize: 19,
  SimplifiedLayerNormalization: Number.POSITIVE_INFINITY,
}
/** Reductions whose axes became an input in opset 18 and were an attribute before. */
const reductions: ReadonlySet<string> = new Set([
  'ReduceL1',
  'ReduceL2',
  'ReduceLogSum',
  'ReduceLogSumExp',
  'ReduceMax',
  'ReduceMean',
  'ReduceMin',
  'ReduceProd',
  'ReduceSumSquare',
])

export const hasOperator = (type: string, opset: number): boolean => (since[type] ?? 0) <= opset
export const takesAxesAsAttribute = (type: string, opset: number): boolean => opset < 18 && reductions.has(type)
/** The version of the file format that came with an opset, as onnx's release notes list them. */
export const irVersionOf = (opset: number): number => (opset <= 18 ? 8 : opset <= 20 ? 9 : 10)
