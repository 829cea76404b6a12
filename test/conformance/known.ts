/** Operations without a float64 kernel in ONNX Runtime on the CPU, natively and as WebAssembly. */
export const refusedFloat64: readonly string[] = ['acos', 'asin', 'atan', 'atan2', 'erf', 'gelu', 'tan']

/**
 * Operations whose samples in other dtypes reach outside the function's domain. There the result is NaN, except on webgpu: WGSL leaves it
 * open, and SwiftShader's logarithm of a negative number is a number. Source: WebGPU Shading Language, section 15.7.
 */
export const outsideDomain: readonly string[] = [
  'pow',
  'log',
  'log1p',
  'acosh',
  'atanh',
  'log2',
  'log10',
  'logit',
  'xlogy',
  'erfinv',
]

/**
 * Dtypes that webgpu has not in Chromium on SwiftShader: WGSL has no float64, SwiftShader no float16, and onnxruntime-web's CPU, to which the
 * others fall, no conversion of them.
 */
export const absentInBrowser: readonly string[] = ['bfloat16', 'float16', 'float64', 'int16', 'uint16']
/** What goes by way of float64 on the CPU, and is refused in a browser's webgpu, by dtype. */
export const refusedIntegers: Readonly<Record<string, readonly string[]>> = {
  int64: ['argmax', 'argmin', 'maxPoolIndices'],
  uint32: ['argmax', 'argmin', 'maxPoolIndices'],
  uint64: ['argmax', 'argmin', 'maxPoolIndices'],
}
