import { describe, expect, test } from 'vitest'
import { fromArray, grad, type Tensor } from '../../../src/index.ts'
import { plainSteps } from '../../../src/text/embeddings/plain-steps.ts'
import {
  capacity,
  contextPlace,
  dotsPlace,
  errorPlace,
  labelsPlace,
  meanPlace,
  ratePlace,
  scratchBytes,
  type StepKernels,
  targetsPlace,
  vectorsOf,
} from '../../../src/text/embeddings/step-layout.ts'
import { wasmSteps } from '../../../src/text/embeddings/wasm-steps.ts'

const numbers = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32 - 0.5
  }
}

interface Setup {
  readonly size: number
  readonly outputs: number
  readonly inputs: number
  readonly shared?: boolean
}

/** A memory with rows of numbers: inputs, then outputs; the same for a seed. */
const memoryOf = ({ size, outputs, inputs, shared = false }: Setup, seed: number) => {
  const rowBytes = 16 * vectorsOf(size)
  const scratch = 64
  const input = scratch + scratchBytes(rowBytes)
  const output = input + inputs * rowBytes
  const pages = Math.ceil((output + outputs * rowBytes) / 65536)
  const memory = new WebAssembly.Memory({ initial: pages, ...(shared && { maximum: pages, shared }) })
  const floats = new Float32Array(memory.buffer)
  const words = new Int32Array(memory.buffer)
  const random = numbers(seed)
  const rows = (place: number, count: number): number[] =>
    Array.from({ length: count }, (_, row) => {
      for (let i = 0; i < size; i++) floats[(place + row * rowBytes) / 4 + i] = 3 * random()
      return place + row * rowBytes
    })
  const places = { inputs: rows(input, inputs), outputs: rows(output, outputs) }
  const labels = Array.from({ length: outputs }, () => (random() > 0 ? 1 : 0))
  const rate = 0.1 + 0.01 * random()
  floats[(scratch + ratePlace) / 4] = rate
  words.set(places.outputs, (scratch + targetsPlace) / 4)
  floats.set(labels, (scratch + labelsPlace) / 4)
  words.set(places.inputs, (scratch + contextPlace) / 4)
  const row = (place: number): number[] => Array.from(floats.subarray(place / 4, place / 4 + size))
  return { memory, floats, scratch, rowBytes, labels, rate: Math.fround(rate), row, ...places }
}

const plain = (memory: WebAssembly.Memory, size: number): StepKernels => plainSteps(memory.buffer, vectorsOf(size))
const vector = (memory: WebAssembly.Memory, size: number): StepKernels => {
  const kernels = wasmSteps(memory, vectorsOf(size))
  expect(kernels).not.toBeNull()
  return kernels!
}
const both = [
  ['plain', plain],
  ['vector', vector],
] as const

type Floats = Tensor<readonly number[], 'float32'>
const floatsOf = (rows: readonly (readonly number[])[]): Floats =>
  fromArray(Float32Array.from(rows.flat()), [rows.length, rows[0]!.length], 'float32')

/** The slopes of the loss Σ −ln σ(±x·oᵢ), by the engine's own differentiation. */
const slopes = async (x: readonly number[], outputs: readonly number[][], labels: readonly number[]) => {
  const signs = floatsOf(labels.map(label => [label === 1 ? -1 : 1]))
  const loss = ({ x, o }: { readonly x: Floats; readonly o: Floats }) =>
    o
      .matmul(x.reshape([x.size, 1]))
      .mul(signs)
      .softplus()
      .sum() as Tensor<readonly [], 'float32'>
  const gradient = grad(loss)({ x: floatsOf([x]), o: floatsOf(outputs) })
  const flat = async (t: Floats): Promise<number[]> => Array.from(await t.data())
  return { x: await flat(gradient.x), o: await flat(gradient.o) }
}

const close = (found: readonly number[], expected: readonly number[]): void => {
  for (const [i, v] of found.entries()) expect(v).toBeCloseTo(expected[i]!, 5)
}

describe('a step', () => {
  test.each(both)('%s goes against the gradient of the loss, times the learning rate', async (_, kernels) => {
    const size = 7
    const m = memoryOf({ size, outputs: 6, inputs: 1 }, 5)
    const [x] = m.inputs.map(m.row)
    const outputs = m.outputs.map(m.row)
    const slope = await slopes(x!, outputs, m.labels)
    kernels(m.memory, size).addStep(6, m.inputs[0]!, m.scratch)
    const moved = (before: readonly number[], by: readonly number[]) => before.map((v, i) => v - m.rate * by[i]!)
    close(m.row(m.inputs[0]!), moved(x!, slope.x))
    close(
      m.outputs.flatMap(m.row),
      outputs.flatMap((row, i) => moved(row, slope.o.slice(i * size, (i + 1) * size))),
    )
    const product = (row: readonly number[]): number => row.reduce((sum, v, i) => sum + v * x![i]!, 0)
    close(Array.from(m.floats.subarray((m.scratch + dotsPlace) / 4).subarray(0, 6)), outputs.map(product))
  })

  test.each(both)('%s of a window takes its mean and gives each of its words the whole error', async (_, kernels) => {
    const size = 5
    const m = memoryOf({ size, outputs: 3, inputs: 4 }, 9)
    const inputs = m.inputs.map(m.row)
    const mean = Array.from({ length: size }, (_, i) => inputs.reduce((sum, row) => sum + row[i]!, 0) / 4)
    const slope = await slopes(mean, m.outputs.map(m.row), m.labels)
    const k = kernels(m.memory, size)
    k.mean(4, m.scratch)
    close(m.row(m.scratch + meanPlace), mean)
    k.meanStep(3, m.scratch)
    close(
      m.row(m.scratch + errorPlace(m.rowBytes)),
      slope.x.map(v => -m.rate * v),
    )
    k.spread(4, m.scratch)
    for (const [r, place] of m.inputs.entries())
      close(
        m.row(place),
        inputs[r]!.map((v, i) => v - m.rate * slope.x[i]!),
      )
  })

  // Sizes that fill vectors and that do not; rows in several groups of four, and so many that a loop is written.
  test.each([
    [1, 1],
    [4, 2],
    [7, 4],
    [30, 5],
    [100, 6],
    [300, 21],
    [517, 16],
    [64, capacity],
  ])('with vector instructions is the plain one, at size %i with %i rows', (size, rows) => {
    for (const shared of [false, true]) {
      const [a, b] = [0, 1].map(() => memoryOf({ size, outputs: rows, inputs: rows, shared }, size + rows))
      for (const [m, k] of [
        [a!, plain(a!.memory, size)],
        [b!, vector(b!.memory, size)],
      ] as const) {
        k.addStep(rows, m.inputs[0]!, m.scratch)
        k.mean(rows, m.scratch)
        k.meanStep(rows, m.scratch)
        k.spread(rows, m.scratch)
      }
      // Products come in fours: those beyond the rows mean nothing.
      for (const { floats, scratch } of [a!, b!])
        floats.fill(0, (scratch + dotsPlace) / 4 + rows, (scratch + contextPlace) / 4)
      let furthest = 0
      for (let i = 0; i < a!.floats.length; i++) {
        const [p, v] = [a!.floats[i]!, b!.floats[i]!]
        furthest = Math.max(furthest, Math.abs(p - v) / (1 + Math.abs(p)))
      }
      expect(furthest).toBeLessThan(2e-6)
      // What is beyond the size of a row stays 0.
      for (const place of b!.outputs) {
        const tail = b!.floats.subarray(place / 4 + size, (place + b!.rowBytes) / 4)
        expect(tail.every(v => v === 0)).toBe(true)
      }
    }
  })
})
