import type { Call } from './call.ts'
import type { BranchMode, Forest } from './trees.ts'

// The two ways in which ONNX writes trees down, as one forest.

const modes: readonly BranchMode[] = ['LEQ', 'LT', 'GTE', 'GT', 'EQ', 'NEQ', 'MEMBER']

const numbersOf = (call: Call, name: string): number[] =>
  Array.from(call.tensor(name).data as ArrayLike<number>, Number)

/** Votes of nodes for targets; a node may vote for one target more than once. */
const votesOf = (entries: readonly (readonly [node: number, target: number, weight: number])[]): Forest['votes'] => {
  const votes = new Map<number, Map<number, number>>()
  for (const [node, target, weight] of entries) {
    const own = votes.get(node) ?? new Map<number, number>()
    votes.set(node, own.set(target, (own.get(target) ?? 0) + weight))
  }
  return votes
}

/** Of lists that go with the nodes, the one of another length is an error. */
const requireLength = (call: Call, name: string, list: readonly unknown[], length: number): void => {
  if (list.length !== length) call.fail(`has ${list.length} ${name}`, `${length} were expected, one for each node.`)
}

/** `TreeEnsemble` of ai.onnx.ml 5: inner nodes and leaves in lists of their own. Leaves come behind the nodes here. */
export const ensembleForest = (call: Call): Forest => {
  const inner = numbersOf(call, 'nodes_modes').map(
    m => modes[m] ?? call.fail(`has the mode ${m}`, '0 to 6 were expected.'),
  )
  const n = inner.length
  const splits = numbersOf(call, 'nodes_splits')
  const [features, trueIds, falseIds] = ['nodes_featureids', 'nodes_truenodeids', 'nodes_falsenodeids'].map(name =>
    call.ints(name),
  ) as [readonly number[], readonly number[], readonly number[]]
  const [trueLeafs, falseLeafs] = [call.ints('nodes_trueleafs'), call.ints('nodes_falseleafs')]
  for (const [name, list] of Object.entries({ splits, features, trueIds, falseIds, trueLeafs, falseLeafs }))
    requireLength(call, name, list, n)
  const weights = numbersOf(call, 'leaf_weights')
  const targetIds = call.ints('leaf_targetids')
  requireLength(call, 'leaf_targetids', targetIds, weights.length)
  const missing = call.ints('nodes_missing_value_tracks_true', [])
  const leaf = <T>(value: T): T[] => weights.map(() => value)
  const self = weights.map((_, i) => n + i)
  const to = (ids: readonly number[], leafs: readonly number[]): number[] =>
    ids.map((id, i) => (leafs[i] ? n + id : id))
  return {
    roots: call.ints('tree_roots'),
    feature: [...features, ...leaf(0)],
    split: [...splits, ...leaf(0)],
    mode: [...inner, ...leaf(null)],
    whenTrue: [...to(trueIds, trueLeafs), ...self],
    whenFalse: [...to(falseIds, falseLeafs), ...self],
    missingIsTrue: [...inner.map((_, i) => missing[i] === 1), ...leaf(false)],
    members: membersOf(call, inner),
    votes: votesOf(weights.map((w, i) => [n + i, targetIds[i]!, w])),
    targets: call.int('n_targets'),
  }
}

/** Lists of values one after the other, each ended by NaN, for the nodes that ask for membership. */
const membersOf = (call: Call, inner: readonly BranchMode[]): Map<number, number[]> => {
  const members = new Map<number, number[]>()
  if (!call.has('membership_values')) return members
  const values = numbersOf(call, 'membership_values')
  let next = 0
  for (const [node, mode] of inner.entries()) {
    if (mode !== 'MEMBER') continue
    const own: number[] = []
    while (next < values.length && !Number.isNaN(values[next])) own.push(values[next++]!)
    next++
    members.set(node, own)
  }
  return members
}

const oldModes: Readonly<Record<string, BranchMode | null>> = {
  BRANCH_LEQ: 'LEQ',
  BRANCH_LT: 'LT',
  BRANCH_GTE: 'GTE',
  BRANCH_GT: 'GT',
  BRANCH_EQ: 'EQ',
  BRANCH_NEQ: 'NEQ',
  LEAF: null,
}

interface Votes {
  readonly trees: readonly number[]
  readonly nodes: readonly number[]
  readonly targets: readonly number[]
  readonly weights: readonly number[]
}

/** Floats that may be given as a tensor of doubles instead. */
const floatsOrTensor = (call: Call, name: string): readonly number[] =>
  call.has(`${name}_as_tensor`) ? numbersOf(call, `${name}_as_tensor`) : call.floats(name)

/** Before ai.onnx.ml 5: nodes named by tree and number, leaves among them. */
const oldForest = (call: Call, votes: Votes, targets: number): Forest => {
  const [trees, ids] = [call.ints('nodes_treeids'), call.ints('nodes_nodeids')]
  const mode = call
    .texts('nodes_modes')
    .map(m =>
      Object.hasOwn(oldModes, m)
        ? oldModes[m]!
        : call.fail(`has the mode ${m}`, `Known are ${Object.keys(oldModes).join(', ')}.`),
    )
  const n = mode.length
  const split = floatsOrTensor(call, 'nodes_values')
  const feature = call.ints('nodes_featureids')
  const [yes, no] = [call.ints('nodes_truenodeids'), call.ints('nodes_falsenodeids')]
  for (const [name, list] of Object.entries({ trees, ids, split, feature, yes, no })) requireLength(call, name, list, n)
  const index = new Map(ids.map((id, i) => [`${trees[i]}:${id}`, i]))
  const at = (tree: number, id: number): number => index.get(`${tree}:${id}`) ?? -1
  const missing = call.ints('nodes_missing_value_tracks_true', [])
  const reached = new Set(mode.flatMap((m, i) => (m === null ? [] : [at(trees[i]!, yes[i]!), at(trees[i]!, no[i]!)])))
  return {
    // What no node leads to is a root.
    roots: mode.flatMap((_, i) => (reached.has(i) ? [] : [i])),
    feature: mode.map((m, i) => (m === null ? 0 : feature[i]!)),
    split,
    mode,
    whenTrue: mode.map((m, i) => (m === null ? i : at(trees[i]!, yes[i]!))),
    whenFalse: mode.map((m, i) => (m === null ? i : at(trees[i]!, no[i]!))),
    missingIsTrue: mode.map((_, i) => missing[i] === 1),
    members: new Map(),
    votes: votesOf(votes.nodes.map((id, i) => [at(votes.trees[i]!, id), votes.targets[i]!, votes.weights[i]!])),
    targets,
  }
}

export const regressorForest = (call: Call): Forest => {
  const [trees, nodes, targets] = [call.ints('target_treeids'), call.ints('target_nodeids'), call.ints('target_ids')]
  return oldForest(
    call,
    { trees, nodes, targets, weights: floatsOrTensor(call, 'target_weights') },
    call.int('n_targets', 1),
  )
}

/** Of two classes the trees may vote for one only: `single` is then which. */
export const classifierForest = (call: Call, classes: number): { forest: Forest; single: number | null } => {
  const [trees, nodes, ids] = [call.ints('class_treeids'), call.ints('class_nodeids'), call.ints('class_ids')]
  const weights = floatsOrTensor(call, 'class_weights')
  const voted = new Set(ids)
  const single = classes === 2 && voted.size === 1 ? ids[0]! : null
  const targets = single === null ? ids : ids.map(() => 0)
  return { forest: oldForest(call, { trees, nodes, targets, weights }, single === null ? classes : 1), single }
}
