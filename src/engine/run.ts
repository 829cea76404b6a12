import { type Buffer, onHost } from '../core/buffer.ts'
import { GradusError } from '../core/errors.ts'
import { sizeOf } from '../core/shape.ts'
import type { Node } from '../graph/node.ts'
import { type Program, programOf } from '../graph/program.ts'
import { engineName, executableFor, hasOwnMemory, loadEngine } from './engine.ts'
import { pendingWrites, Slot } from './slot.ts'

/** What happens to a compiled function's surroundings while it is traced. */
interface Trace {
  /** Conditions under which the trace holds, such as a module's mode. */
  readonly guards: (() => boolean)[]
  /** Called before each run, before its leaves are bound: moves random generators on. */
  readonly advances: (() => void)[]
}
let current: Trace | null = null

/** What an update adds to a run. */
export interface UpdateGraph {
  /** Values that it needs on the host. */
  readonly nodes: readonly Node[]
  /** New values of slots, where the graph computes them. */
  readonly writes?: ReadonlyMap<Slot, Node>
}
/** A change of state that goes with the next run, such as an optimizer's update. */
export interface Update {
  /** What the update belongs to. */
  readonly owner: object
  /**
   * Called when the run is planned. `current` is a slot's value with everything written before; `earlier` counts updates of the same owner
   * that come before in the run.
   */
  readonly build: (current: (slot: Slot) => Node, earlier: number) => UpdateGraph
  /** Where the values of `nodes` are written that a run computes. */
  readonly targets: readonly Buffer[]
  /** Waited for before the run, in its turn. */
  readonly prepare?: () => Promise<void>
  /** Called after the run, with the values of `nodes`: the targets, and for those that were there before, what holds them. */
  readonly apply: (values: readonly Buffer[]) => void
}
const pendingUpdates = new Set<Update>()

/** Does an update together with the next evaluation (in a compiled function: with each run). What is read meanwhile is the old value. */
export const schedule = (update: Update): void => {
  pendingUpdates.add(update)
}
/** Whether writes or updates wait for the next evaluation. */
const hasPending = (): boolean => pendingWrites.size > 0 || pendingUpdates.size > 0

export const isTracing = (): boolean => current !== null

/** Reads a flag that decides which graph is built; a compiled function is traced anew when it has changed. */
export const readFlag = <T>(read: () => T): T => {
  const value = read()
  current?.guards.push(() => read() === value)
  return value
}

/** Does something now, or, while tracing, once before each run. */
export const advance = (action: () => void): void => {
  if (current) current.advances.push(action)
  else action()
}

/** A program with all it reads and writes. */
export interface Plan {
  readonly program: Program
  readonly leaves: readonly Node[]
  /** The first outputs are results; then come the values of these slots, then those of the updates. */
  readonly writes: readonly Slot[]
  readonly updates: readonly { readonly update: Update; readonly nodes: readonly Node[] }[]
  readonly guards: readonly (() => boolean)[]
  readonly advances: readonly (() => void)[]
}

/** Plans the evaluation of `roots` along with all pending writes. */
const planOf = (roots: readonly Node[], trace: Trace): Plan => {
  const updates = [...pendingUpdates]
  pendingUpdates.clear()
  const written = new Map([...pendingWrites].map(slot => [slot, slot.take()]))
  const built = updates.map((update, i) => {
    const earlier = updates.slice(0, i).filter(u => u.owner === update.owner).length
    const graph = update.build(slot => written.get(slot) ?? slot.read(), earlier)
    for (const [slot, node] of graph.writes ?? []) written.set(slot, node)
    return graph
  })
  const computed = built.flatMap(g => g.nodes.filter(node => node.op !== null))
  const { program, leaves } = programOf([...roots, ...written.values(), ...computed])
  const planned = updates.map((update, i) => ({ update, nodes: built[i]!.nodes }))
  return { program, leaves, writes: [...written.keys()], updates: planned, ...trace }
}

const bind = (node: Node, args: readonly Buffer[]): Buffer => {
  const source = node.source!
  switch (source.kind) {
    case 'buffer':
      return source.buffer
    case 'slot':
      return source.slot.buffer
    case 'host':
      return source.make()
    case 'argument': {
      const buffer = args[source.index]
      if (buffer) return buffer
      throw new GradusError(
        'trace',
        'compile: a value was asked for while the function was traced. Return tensors from a compiled function and read their values outside it.',
      )
    }
  }
}

// Runs follow each other: a run that reads a slot must not overlap one that writes it.
let queue: Promise<unknown> = Promise.resolve()
const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
  const result = queue.then(task)
  queue = result.catch(() => {})
  return result
}

/**
 * Runs a plan: binds its leaves, computes, and makes written slots current. Returns the results. `prepare` gives the arguments; it
 * may wait.
 */
export const runPlan = async (plan: Plan, prepare?: () => Promise<readonly Buffer[]>): Promise<Buffer[]> => {
  // Random numbers are drawn before anything is waited for, so in the order of the calls; slots are read when the run's turn comes.
  for (const action of plan.advances) action()
  const made = plan.leaves.map(node => (node.source!.kind === 'host' ? bind(node, []) : null))
  const args = prepare ? await prepare() : []
  return inTurn(async () => {
    const engine = engineName()
    const ownMemory = hasOwnMemory()
    const targets = plan.updates.flatMap(({ update, nodes }) => update.targets.filter((_, i) => nodes[i]!.op !== null))
    const results = plan.program.outputs.length - plan.writes.length - targets.length
    const stays = plan.writes.map(slot => ownMemory && staysOnDevice(slot))
    const executable = await executableFor(plan.program, [...new Array<boolean>(results).fill(false), ...stays])
    for (const { update } of plan.updates) await update.prepare?.()
    const given = await Promise.all(plan.updates.map(({ update, nodes }) => valuesOf(nodes, update.targets, args)))
    const inputs: Buffer[] = []
    for (const [i, node] of plan.leaves.entries()) inputs.push(await place(node, made[i] ?? bind(node, args), engine))
    const written = plan.writes.map((slot, i) => (stays[i] ? null : slot.target()))
    const outputs = await executable.run(inputs, [...new Array<null>(results).fill(null), ...written, ...targets])
    for (const [i, slot] of plan.writes.entries()) slot.accept(outputs[results + i]!)
    for (const [i, { update }] of plan.updates.entries()) update.apply(given[i]!)
    return outputs.slice(0, results)
  })
}

/** Where an update finds the values of its nodes: in the targets, or on the host if they are there already. */
const valuesOf = (nodes: readonly Node[], targets: readonly Buffer[], args: readonly Buffer[]): Promise<Buffer[]> =>
  Promise.all(
    nodes.map(async (node, i) => {
      if (node.op !== null) return targets[i]!
      const buffer = bind(node, args)
      await onHost(buffer)
      return buffer
    }),
  )

/** Weights and statistics are float32; what else there may be is small. */
const staysOnDevice = ({ dtype, shape }: Slot): boolean => dtype === 'float32' && sizeOf(shape) > 0

/** A leaf's values where the engine reads them: a slot's in its own memory, if it has one. */
const place = async ({ source }: Node, buffer: Buffer, engine: string): Promise<Buffer> => {
  if (buffer.device?.engine === engine) return buffer
  await onHost(buffer)
  const slot = source?.kind === 'slot' && source.slot instanceof Slot ? source.slot : null
  if (!hasOwnMemory() || !slot || !staysOnDevice(slot)) return buffer
  const { upload } = await loadEngine(engine)
  if (!upload) return buffer
  slot.accept(await upload(buffer, slot.shape))
  return slot.buffer
}

/** Makes the values of slots readable on the host, after the runs that are under way. */
export const fetchSlots = (slots: Iterable<Slot>): Promise<void> =>
  inTurn(async () => {
    for (const slot of slots) await onHost(slot.buffer)
  })

/** Computes nodes; each becomes a leaf that holds its value. */
export const evaluateNodes = async (nodes: readonly Node[]): Promise<void> => {
  const open = nodes.filter(n => n.op !== null)
  const slots = nodes.flatMap(({ source }) =>
    source?.kind === 'slot' && source.slot instanceof Slot ? [source.slot] : [],
  )
  for (const node of nodes) {
    // Values made on the host are made once.
    if (node.source?.kind === 'host') node.settle(node.source.make())
    if (node.source?.kind === 'argument') bind(node, [])
  }
  if (open.length > 0 || hasPending()) await evaluateOpen(open)
  if (slots.some(slot => slot.buffer.device)) await fetchSlots(slots)
}

const evaluateOpen = async (open: readonly Node[]): Promise<void> => {
  const plan = planOf(open, { guards: [], advances: [] })
  settleHosts(plan.leaves)
  const buffers = await runPlan(plan)
  for (const [i, node] of open.entries()) if (node.op !== null) node.settle(buffers[i]!)
}

/** Outside a compiled function a random leaf keeps the values it gets first. */
const settleHosts = (leaves: readonly Node[]): void => {
  for (const node of leaves) if (node.source?.kind === 'host') node.settle(node.source.make())
}

/** The value of a leaf. */
export const bufferOf = (node: Node): Buffer => bind(node, [])

/** Traces `build` into a plan: its slot writes become part of it instead of happening now. */
export const tracePlan = <T>(build: () => { roots: readonly Node[]; result: T }): { plan: Plan; result: T } => {
  const outer = current
  const trace: Trace = { guards: [], advances: [] }
  // What waits outside has nothing to do with the function: it is put aside, and back.
  const writes = [...pendingWrites].map(slot => ({ slot, node: slot.take() }))
  const updates = [...pendingUpdates]
  pendingUpdates.clear()
  current = trace
  try {
    const { roots, result } = build()
    return { plan: planOf(roots, trace), result }
  } finally {
    current = outer
    for (const slot of [...pendingWrites]) slot.take()
    pendingUpdates.clear()
    for (const { slot, node } of writes) slot.write(node)
    for (const update of updates) pendingUpdates.add(update)
  }
}
