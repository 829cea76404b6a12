import { type Buffer, onHost } from '../core/buffer.ts'
import { convert } from '../core/dtype.ts'
import { runInstruction } from '../graph/interpret.ts'
import { type Instruction, type Program, runsOnHost } from '../graph/program.ts'
import type { Engine, Executable } from './engine.ts'
import { toNdArray } from './reference/reference.ts'

/** Where the instructions of a program are computed. */
interface Layout {
  /** Even in engine stages, odd in those of the host; each instruction stands in the first one where its inputs are known. */
  readonly level: readonly number[]
  /** Depends on no input at all (constants): it has no stage, but is computed anew wherever the engine uses it. */
  readonly closed: readonly boolean[]
}
const layoutOf = ({ instructions }: Program, computesOnHost: (ins: Instruction) => boolean): Layout => {
  const closed: boolean[] = []
  const level: number[] = []
  for (const ins of instructions) {
    const after = Math.max(0, ...ins.inputs.map(k => level[k]!))
    // A result of a host operation is there with it.
    const host = computesOnHost(ins) || (ins.op?.pick === true && after % 2 === 1)
    closed.push(ins.op !== null && !host && ins.inputs.every(k => closed[k]!))
    level.push(ins.op === null || after % 2 === (host ? 1 : 0) ? after : after + 1)
  }
  return { level, closed }
}

/** What has to be handed from one stage to another, or out. */
const wantedOf = ({ instructions, outputs }: Program, { level, closed }: Layout): Set<number> => {
  const wanted = new Set(outputs)
  for (const [r, reader] of instructions.entries()) {
    if (!reader.op || closed[r]) continue
    const host = level[r]! % 2 === 1
    for (const i of reader.inputs) if (level[i] !== level[r] && (host || !closed[i])) wanted.add(i)
  }
  return wanted
}

/** The part of a program that computes `outputs`, with everything in `inside` and what is closed computed in it. */
const partOf = (
  program: Program,
  inside: ReadonlySet<number>,
  closed: readonly boolean[],
  outputs: readonly number[],
): { part: Program; inputs: number[] } => {
  const at = new Map<number, number>()
  const instructions: Instruction[] = []
  const inputs: number[] = []
  const places: number[] = []
  const place = (i: number): number => {
    const known = at.get(i)
    if (known !== undefined) return known
    const ins = program.instructions[i]!
    const computed = inside.has(i) || closed[i]!
    const args = computed ? ins.inputs.map(place) : []
    if (!computed) {
      inputs.push(i)
      places.push(instructions.length)
    }
    instructions.push(computed ? { ...ins, inputs: args } : { ...ins, op: null, inputs: [], parts: null })
    at.set(i, instructions.length - 1)
    return instructions.length - 1
  }
  // In the order of the program, so that recursion stays shallow.
  for (const i of inside) place(i)
  const outs = outputs.map(place)
  return { part: { instructions, inputs: places, outputs: outs, key: `part of ${program.key}` }, inputs }
}

/** One run of the engine, or some operations on the host. Numbers are places in the whole program. */
type Step =
  | { readonly executable: Executable; readonly inputs: readonly number[]; readonly outputs: readonly number[] }
  | { readonly members: readonly number[] }

/** Runs one stage after the other; a value is let go after its last use. */
class SplitExecutable implements Executable {
  private readonly program: Program
  private readonly steps: readonly Step[]
  /** For each step, the values that no later one reads. */
  private readonly spent: readonly (readonly number[])[]

  constructor(program: Program, steps: readonly Step[]) {
    this.program = program
    this.steps = steps
    const last = new Map<number, number>()
    for (const [k, step] of steps.entries()) {
      const reads = 'members' in step ? step.members.flatMap(i => program.instructions[i]!.inputs) : step.inputs
      for (const i of reads) last.set(i, k)
    }
    for (const i of program.outputs) last.set(i, steps.length)
    this.spent = steps.map((_, k) => [...last].flatMap(([i, at]) => (at === k ? [i] : [])))
  }

  async run(inputs: readonly Buffer[], into: readonly (Buffer | null)[] = []): Promise<Buffer[]> {
    const { program } = this
    const values = new Map<number, Buffer>()
    const tuples = new Map<number, readonly Buffer[]>()
    for (const [k, i] of program.inputs.entries()) values.set(i, inputs[k]!)
    const target = (i: number): Buffer | null => into[program.outputs.indexOf(i)] ?? null
    for (const [k, step] of this.steps.entries()) {
      if ('members' in step) {
        for (const i of step.members) {
          for (const k of program.instructions[i]!.inputs) if (values.has(k)) await onHost(values.get(k)!)
          this.runHost(i, values, tuples)
        }
      } else {
        const args = step.inputs.map(i => values.get(i)!)
        const outs = await step.executable.run(args, step.outputs.map(target))
        for (const [n, i] of step.outputs.entries()) values.set(i, outs[n]!)
      }
      for (const i of this.spent[k]!) values.delete(i)
    }
    for (const i of program.outputs) if (inputs.includes(values.get(i)!)) await onHost(values.get(i)!)
    return program.outputs.map((i, k) => {
      const value = values.get(i)!
      const to = into[k]
      // A result must not be an input's own memory, which may be written later.
      if (!to && inputs.includes(value)) return { dtype: value.dtype, array: value.array.slice() as Buffer['array'] }
      if (!to || to === value) return value
      ;(to.array as Float32Array).set(value.array as Float32Array)
      return to
    })
  }

  async dispose(): Promise<void> {
    await Promise.all(this.steps.map(step => ('members' in step ? undefined : step.executable.dispose())))
  }

  private runHost(i: number, values: Map<number, Buffer>, tuples: Map<number, readonly Buffer[]>): void {
    const { instructions } = this.program
    const ins = instructions[i]!
    if (ins.op!.pick) {
      values.set(i, tuples.get(ins.inputs[0]!)![ins.attrs.index as number]!)
      return
    }
    if (ins.op!.passes) {
      values.set(i, values.get(ins.inputs[0]!)!)
      return
    }
    const types = ins.inputs.map(k => instructions[k]!)
    const args = ins.inputs.map((k, n) => toNdArray(values.get(k)!, types[n]!.shape))
    const results = runInstruction(ins, args, types).map((value, n): Buffer => {
      const { dtype } = ins.parts?.[n] ?? ins
      return { dtype, array: convert(value.data, dtype) }
    })
    if (ins.parts) tuples.set(i, results)
    else values.set(i, results[0]!)
  }
}

/** An engine's executable for a program, in several stages where some of its operations are computed on the host. */
export const compileStages = async (
  engine: Engine,
  program: Program,
  resident: readonly boolean[] = [],
): Promise<Executable> => {
  engine.check?.(program)
  const lacks = engine.lacksFor?.(program)
  const computesOnHost = (ins: Instruction): boolean => runsOnHost(ins) || (ins.op !== null && (lacks?.(ins) ?? false))
  if (engine.name === 'reference' || !program.instructions.some(computesOnHost))
    return engine.compile(program, resident)
  const layout = layoutOf(program, computesOnHost)
  const wanted = wantedOf(program, layout)
  const members: number[][] = []
  for (const [i, ins] of program.instructions.entries())
    if (ins.op && (!layout.closed[i] || wanted.has(i))) {
      const at = layout.level[i]!
      members[at] ??= []
      members[at].push(i)
    }
  const readLater = new Set(
    program.instructions.flatMap((ins, r) => ins.inputs.filter(i => layout.level[i] !== layout.level[r])),
  )
  const steps: Step[] = []
  for (const [k, list] of members.entries()) {
    if (!list) continue
    if (k % 2 === 1) steps.push({ members: list })
    else {
      const outputs = list.filter(i => wanted.has(i))
      const { part, inputs } = partOf(program, new Set(list), layout.closed, outputs)
      // What is an output once stays on the device if it may; what is read by others too comes to the host.
      const stays = outputs.map(i => {
        const at = program.outputs.indexOf(i)
        return resident[at] === true && program.outputs.indexOf(i, at + 1) < 0 && !readLater.has(i)
      })
      steps.push({ executable: await engine.compile(part, stays), inputs, outputs })
    }
  }
  return new SplitExecutable(program, steps)
}
