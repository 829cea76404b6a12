import {
  contextPlace,
  dotsPlace,
  errorPlace,
  labelsPlace,
  meanPlace,
  ratePlace,
  type StepKernels,
  targetsPlace,
} from './step-layout.ts'

/** The steps in plain code: what the vector instructions must equal, and what runs where there are none. */
export const plainSteps = (buffer: ArrayBufferLike, vectors: number): StepKernels => {
  const floats = new Float32Array(buffer)
  const words = new Int32Array(buffer)
  const width = 4 * vectors

  /** In the order of the vector kernel: four sums, then the sums of those. */
  const dot = (a: number, b: number): number => {
    let [s0, s1, s2, s3] = [0, 0, 0, 0]
    for (let i = 0; i < width; i += 4) {
      s0 = Math.fround(s0 + Math.fround(floats[a + i]! * floats[b + i]!))
      s1 = Math.fround(s1 + Math.fround(floats[a + i + 1]! * floats[b + i + 1]!))
      s2 = Math.fround(s2 + Math.fround(floats[a + i + 2]! * floats[b + i + 2]!))
      s3 = Math.fround(s3 + Math.fround(floats[a + i + 3]! * floats[b + i + 3]!))
    }
    return Math.fround(Math.fround(s0 + s2) + Math.fround(s1 + s3))
  }

  const gains = new Float32Array(256)
  const step = (count: number, x: number, scratch: number, error: number): void => {
    const at = scratch / 4
    const rate = floats[at + ratePlace / 4]!
    for (let t = 0; t < count; t++) {
      const product = dot(x, words[at + targetsPlace / 4 + t]! / 4)
      floats[at + dotsPlace / 4 + t] = product
      gains[t] = Math.fround(floats[at + labelsPlace / 4 + t]! - Math.fround(1 / (1 + Math.exp(-product)))) * rate
    }
    for (let i = 0; i < width; i++) {
      const own = floats[x + i]!
      let sum = 0
      for (let t = 0; t < count; t++) {
        const o = words[at + targetsPlace / 4 + t]! / 4 + i
        const before = floats[o]!
        sum = Math.fround(sum + Math.fround(gains[t]! * before))
        floats[o] = before + Math.fround(gains[t]! * own)
      }
      floats[error + i] = error === x ? own + sum : sum
    }
  }

  return {
    addStep: (count, input, scratch) => step(count, input / 4, scratch, input / 4),
    meanStep: (count, scratch) =>
      step(count, (scratch + meanPlace) / 4, scratch, (scratch + errorPlace(4 * width)) / 4),
    mean(count, scratch) {
      const [rows, mean] = [(scratch + contextPlace) / 4, (scratch + meanPlace) / 4]
      const share = Math.fround(1 / count)
      for (let i = 0; i < width; i++) {
        let sum = 0
        for (let r = 0; r < count; r++) sum = Math.fround(sum + floats[words[rows + r]! / 4 + i]!)
        floats[mean + i] = sum * share
      }
    },
    spread(count, scratch) {
      const [rows, error] = [(scratch + contextPlace) / 4, (scratch + errorPlace(4 * width)) / 4]
      for (let r = 0; r < count; r++) {
        const row = words[rows + r]! / 4
        for (let i = 0; i < width; i++) floats[row + i]! += floats[error + i]!
      }
    },
  }
}
