import type { Buffer } from '../../core/buffer.ts'
import { allocate } from '../../core/dtype.ts'
import { sizeOf } from '../../core/shape.ts'
import type { Program } from '../../graph/program.ts'
import type { Executable } from '../engine.ts'
import { emitLoop } from './elementwise-emit.ts'
import { elementGraphOf } from './elementwise-graph.ts'
import { isFixed, type Loop, loopsOf, type Operand, type Pattern } from './elementwise-layout.ts'
import { hostFunctions, type Kind } from './lanes.ts'

// Programs that are computed element by element, as loops in WebAssembly that read each input and write each output once. The arrays are
// ordinary ones: blocks of them are copied through a memory that stays in the processor's cache.

type Words = Float32Array | Int32Array | Uint8Array

/** Bytes in which all blocks of one loop stand: together they fit a second-level cache. */
const memoryBytes = 262_144
const pageBytes = 65_536
/** Elements of a block: with more the first-level cache is left, with fewer the copying costs more. */
const [fewestInBlock, mostInBlock] = [256, 4096]

let sharedMemory: WebAssembly.Memory | null = null
/** Loops run one after another and keep nothing, so that all share one memory. */
const memory = (): WebAssembly.Memory => {
  sharedMemory ??= new WebAssembly.Memory({ initial: memoryBytes / pageBytes, maximum: memoryBytes / pageBytes })
  return sharedMemory
}

const padded = (n: number): number => Math.ceil(n / 16) * 16
const bytesOf = (kind: Kind): number => (kind === 'mask' ? 1 : 4)
const views = { float: Float32Array, int: Int32Array, mask: Uint8Array } as const

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b))
/** After how many elements what an operand reads begins again; 0 if it does not. */
const periodOf = (pattern: Pattern): number =>
  pattern[0] && pattern[0][1] === 0 ? pattern.slice(1).reduce((n, [size]) => n * size, 1) : 0

/** How many elements are computed at once; null where too many arrays meet. */
const blockOf = (loop: Loop): { length: number; steady: readonly boolean[] } | null => {
  const moving = loop.operands.filter(o => !isFixed(o.pattern))
  const each = [...moving, ...loop.results].reduce((n, { kind }) => n + bytesOf(kind), 0)
  // Each array may lose some elements to its alignment.
  const room = memoryBytes - 64 * (loop.operands.length + loop.results.length)
  const most = Math.min(mostInBlock, Math.floor(room / each / 16) * 16, Math.max(1, loop.size))
  if (most < Math.min(fewestInBlock, loop.size)) return null
  // What repeats itself is copied once where blocks hold whole repetitions.
  let common = 1
  const steady = loop.operands.map(({ pattern }) => {
    const period = periodOf(pattern)
    if (period === 0) return isFixed(pattern)
    const next = (common / gcd(common, period)) * period
    if (next > most) return false
    common = next
    return true
  })
  return { length: Math.max(1, Math.floor(most / common) * common), steady }
}

/** Elements `start` to `start + count` of what an operand reads, into the beginning of a block. */
const fill = (to: Words, from: Words, pattern: Pattern, start: number, count: number): void => {
  const [size, stride] = pattern[pattern.length - 1] ?? [1, 0]
  let outer = Math.floor(start / size)
  let inner = start - outer * size
  for (let at = 0; at < count; outer++, inner = 0) {
    let offset = 0
    for (let k = pattern.length - 2, rest = outer; k >= 0; k--) {
      const [n, step] = pattern[k]!
      const index = rest % n
      offset += index * step
      rest = (rest - index) / n
    }
    const run = Math.min(size - inner, count - at)
    if (stride === 0) to.fill(from[offset]!, at, at + run)
    else copy(to, at, from, offset + inner, run)
    at += run
  }
}
/** Few elements are faster moved one by one than by making a view of them. */
const fewElements = 24
const copy = (to: Words, at: number, from: Words, start: number, count: number): void => {
  if (count > fewElements) to.set(start === 0 && count === from.length ? from : from.subarray(start, start + count), at)
  else for (let i = 0; i < count; i++) to[at + i] = from[start + i]!
}

interface Section<T> {
  readonly of: T
  readonly block: Words
}
/** A loop that is ready to run. */
class LoopKernel {
  private readonly size: number
  private readonly length: number
  private readonly operands: readonly (Section<Operand> & { readonly steady: boolean })[]
  private readonly results: readonly Section<Loop['results'][number]>[]
  private readonly compute: (count: number) => void

  private constructor(loop: Loop, length: number, sections: Sections, compute: (count: number) => void) {
    this.size = loop.size
    this.length = length
    this.operands = sections.operands
    this.results = sections.results
    this.compute = compute
  }

  static async of(loop: Loop): Promise<LoopKernel | null> {
    const block = blockOf(loop)
    if (!block) return null
    let next = 0
    const section = (kind: Kind, length: number): { address: number; block: Words } => {
      const address = next
      next += Math.ceil((padded(length) * bytesOf(kind)) / 64) * 64
      return { address, block: new views[kind](memory().buffer as ArrayBuffer, address, padded(length)) }
    }
    const operands = loop.operands.map((of, i) => ({
      of,
      steady: block.steady[i]!,
      ...section(of.kind, isFixed(of.pattern) ? 1 : block.length),
    }))
    const results = loop.results.map(of => ({ of, ...section(of.kind, block.length) }))
    const { bytes, host } = emitLoop(loop, {
      operands: operands.map(o => o.address),
      results: results.map(r => r.address),
    })
    const env = { memory: memory(), ...Object.fromEntries(host.map(name => [name, hostFunctions[name]])) }
    const { exports } = await instantiate(bytes as Uint8Array<ArrayBuffer>, { env })
    return new LoopKernel(loop, block.length, { operands, results }, exports.run as (count: number) => void)
  }

  run(inputs: readonly Buffer[], outputs: readonly Buffer[]): void {
    for (let start = 0; start < this.size; start += this.length) {
      const count = Math.min(this.length, this.size - start)
      for (const { of, block, steady } of this.operands) {
        if (steady && start > 0) continue
        const fixed = isFixed(of.pattern)
        fill(block, inputs[of.input]!.array as Words, of.pattern, start, fixed ? 1 : count)
      }
      this.compute(count)
      for (const { of, block } of this.results) copy(outputs[of.output]!.array as Words, start, block, 0, count)
    }
  }
}
interface Sections {
  readonly operands: LoopKernel['operands']
  readonly results: LoopKernel['results']
}

/** Browsers compile only short modules without waiting. */
const shortModule = 4096
const instantiate = async (
  bytes: Uint8Array<ArrayBuffer>,
  imports: WebAssembly.Imports,
): Promise<WebAssembly.Instance> =>
  bytes.length <= shortModule
    ? new WebAssembly.Instance(new WebAssembly.Module(bytes), imports)
    : (await WebAssembly.instantiate(bytes, imports)).instance

/** What a program that is computed element by element comes to: the loops before they are code. */
export const elementwiseLoops = (program: Program): Loop[] | null => {
  const graph = elementGraphOf(program)
  const loops = graph && loopsOf(graph)
  return loops?.every(loop => blockOf(loop) !== null) ? loops : null
}

/** The executable of loops. */
export const compileElementwise = async (program: Program, loops: readonly Loop[]): Promise<Executable> => {
  const kernels = await Promise.all(loops.map(loop => LoopKernel.of(loop)))
  const types = program.outputs.map(i => program.instructions[i]!)
  return {
    run: async (inputs, into = []) => {
      const outputs = types.map(
        ({ dtype, shape }, i): Buffer => into[i] ?? { dtype, array: allocate(dtype, sizeOf(shape)) },
      )
      for (const kernel of kernels) kernel!.run(inputs, outputs)
      return outputs
    },
    dispose: async () => {},
  }
}
