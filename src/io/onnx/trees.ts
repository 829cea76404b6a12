import type { DType } from '../../core/dtype.ts'
import type { Node } from '../../graph/node.ts'
import * as ar from '../../ops/arithmetic.ts'
import { broadcastTo, reshape, sum } from '../../ops/broadcast.ts'
import { gather, takeAlongAxis } from '../../ops/indexing.ts'
import { isNaN as isNotANumber } from '../../ops/math.ts'
import * as rd from '../../ops/reduce.ts'
import type { Call } from './call.ts'
import { held } from './known.ts'
import { num } from './nodes.ts'

export type BranchMode = 'LEQ' | 'LT' | 'GTE' | 'GT' | 'EQ' | 'NEQ' | 'MEMBER'

/** Trees laid out one after the other: what each node asks, and where it leads. A leaf leads to itself. */
export interface Forest {
  readonly roots: readonly number[]
  readonly feature: readonly number[]
  readonly split: readonly number[]
  /** Null in a leaf. */
  readonly mode: readonly (BranchMode | null)[]
  readonly whenTrue: readonly number[]
  readonly whenFalse: readonly number[]
  readonly missingIsTrue: readonly boolean[]
  /** Values that a MEMBER node looks for. */
  readonly members: ReadonlyMap<number, readonly number[]>
  /** What a leaf adds to each target. */
  readonly votes: ReadonlyMap<number, ReadonlyMap<number, number>>
  readonly targets: number
}

/** Steps from the roots to the deepest leaf; throws for trees that go in circles or lead nowhere. */
const depthOf = (call: Call, { roots, mode, whenTrue, whenFalse }: Forest): number => {
  let deepest = 0
  const seen = new Set<number>()
  const stack = roots.map(node => ({ node, depth: 0 }))
  for (let at = stack.pop(); at; at = stack.pop()) {
    const { node, depth } = at
    if (!Number.isInteger(node) || node < 0 || node >= mode.length)
      call.fail(`has a tree that leads to node ${node}`, 'It must exist.')
    if (seen.has(node)) call.fail(`reaches node ${node} of its trees twice`, 'A tree has no circles.')
    seen.add(node)
    deepest = Math.max(deepest, depth)
    if (mode[node] !== null)
      for (const next of [whenTrue[node]!, whenFalse[node]!]) stack.push({ node: next, depth: depth + 1 })
  }
  return deepest
}

const comparisons: Readonly<Record<Exclude<BranchMode, 'MEMBER'>, (a: Node, b: Node) => Node>> = {
  LEQ: ar.lessEqual,
  LT: ar.less,
  GTE: ar.greaterEqual,
  GT: ar.greater,
  EQ: ar.equal,
  NEQ: ar.notEqual,
}

/** Whether each value is one of those that its node lists; lists are filled up with their first value. */
const isMember = ({ members, mode }: Forest, at: Node, value: Node): Node => {
  const most = Math.max(1, ...[...members.values()].map(l => l.length))
  const table = mode.flatMap((_, node) =>
    Array.from({ length: most }, (_, k) => members.get(node)?.[k] ?? members.get(node)?.[0] ?? Number.NaN),
  )
  const lists = gather(held(table, [mode.length, most], value.dtype), at, 0)
  return rd.any(ar.equal(reshape(value, [...value.shape, 1]), lists), -1)
}

/** The leaf that each row of x reaches in each tree: x `[N, F]` → int64 `[N, trees]`. One step down at a time, for all at once. */
const leavesOf = (call: Call, forest: Forest, x: Node): Node => {
  const table = (values: readonly (number | boolean)[], dtype: DType): Node => held(values, [values.length], dtype)
  const { mode } = forest
  const features = table(forest.feature, 'int64')
  const splits = table(forest.split, x.dtype)
  const [yes, no] = [table(forest.whenTrue, 'int64'), table(forest.whenFalse, 'int64')]
  const lost = table(forest.missingIsTrue, 'bool')
  const used = [...new Set(mode)].filter(m => m !== null)
  let at = broadcastTo(table(forest.roots, 'int64'), [x.shape[0]!, forest.roots.length])
  for (let step = depthOf(call, forest); step > 0; step--) {
    call.spend(1)
    const value = takeAlongAxis(x, gather(features, at, 0), 1)
    const split = gather(splits, at, 0)
    let goes: Node = broadcastTo(ar.constant(0, 'bool'), value.shape)
    for (const m of used) {
      const answer = m === 'MEMBER' ? isMember(forest, at, value) : comparisons[m](value, split)
      const asked = gather(
        table(
          mode.map(own => own === m),
          'bool',
        ),
        at,
        0,
      )
      goes = ar.logicalOr(goes, ar.logicalAnd(asked, answer))
    }
    const missing = ar.logicalAnd(isNotANumber(value), gather(lost, at, 0))
    at = ar.where(ar.logicalOr(goes, missing), gather(yes, at, 0), gather(no, at, 0))
  }
  return at
}

export type Aggregate = 'SUM' | 'AVERAGE' | 'MIN' | 'MAX'

/** What the leaves say together: x `[N, F]` → `[N, targets]`. */
export const evaluateForest = (call: Call, forest: Forest, x: Node, how: Aggregate): Node => {
  const { targets, votes, mode } = forest
  if (!(Number.isSafeInteger(targets) && targets >= 1))
    call.fail(`has ${targets} targets`, 'At least one was expected.')
  if (x.shape.length !== 2 || forest.feature.some(f => f < 0 || f >= x.shape[1]!))
    call.fail(`takes features that ${x.shape.join(' × ')} values do not have`, 'Rows of features were expected.')
  call.claim(mode.length * targets)
  const table = mode.flatMap((_, node) => Array.from({ length: targets }, (_, t) => votes.get(node)?.get(t) ?? 0))
  const said = gather(held(table, [mode.length, targets], x.dtype), leavesOf(call, forest, x), 0)
  if (how === 'MIN') return rd.min(said, 1)
  if (how === 'MAX') return rd.max(said, 1)
  const total = sum(said, 1)
  return how === 'AVERAGE' ? ar.div(total, num(Math.max(forest.roots.length, 1), total)) : total
}
