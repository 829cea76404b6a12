import { classAt, isLeaf, type ShowOptions, type ShownTree, shownTree } from './shown-tree.ts'

// Sizes in pixels.
const [lineHeight, padding, gap, levelGap, margin, glyph] = [17, 10, 18, 46, 16, 7.1] as const

/** Colours of classes, apart for the colour-blind too (Okabe & Ito 2008), and of numbers from low to high. */
const palette = ['#e69f00', '#56b4e9', '#009e73', '#f0e442', '#0072b2', '#d55e00', '#cc79a7', '#999999'] as const
const [low, high] = ['#ffffff', '#e58139'] as const

interface Box {
  readonly node: number
  readonly lines: readonly string[]
  readonly fill: string
  readonly width: number
  readonly height: number
  readonly children: readonly Box[]
  x: number
  y: number
}

const channel = (colour: string, at: number): number => Number.parseInt(colour.slice(at, at + 2), 16)
/** A colour between two. */
const mixed = (from: string, to: string, share: number): string =>
  `#${[1, 3, 5]
    .map(at => Math.round(channel(from, at) + share * (channel(to, at) - channel(from, at))))
    .map(value => value.toString(16).padStart(2, '0'))
    .join('')}`

/** Purer nodes are of a stronger colour; larger numbers too. */
const fillOf = ({ tree, classes }: ShownTree, node: number): string => {
  const { columns, data } = tree.value
  if (classes.length === 0) {
    let least = Infinity
    let most = -Infinity
    for (const value of data) {
      least = Math.min(least, value)
      most = Math.max(most, value)
    }
    return mixed(low, high, most > least ? (data[node]! - least) / (most - least) : 0.5)
  }
  const own = classAt(tree, node)
  const rest = classes.length > 1 ? 1 / classes.length : 0
  const share = (data[node * columns + own]! - rest) / (1 - rest)
  return mixed('#ffffff', palette[own % palette.length]!, 0.08 + 0.82 * share)
}

const short = (x: number, decimals: number): string => String(Number(x.toFixed(decimals)))

const linesOf = (shown: ShownTree, node: number, decimals: number, inner: boolean): string[] => {
  const { tree, classes, criterion } = shown
  const { columns, data } = tree.value
  const lines = inner ? [`${shown.feature(node)} ≤ ${short(tree.threshold[node]!, decimals)}`] : []
  lines.push(`${criterion} = ${short(tree.impurity[node]!, decimals)}`, `samples = ${tree.nNodeSamples[node]}`)
  if (classes.length === 0) return [...lines, `value = ${short(data[node]!, decimals)}`]
  if (columns <= 6) {
    const shares = Array.from(data.subarray(node * columns, (node + 1) * columns), x => short(x, decimals))
    lines.push(`shares = [${shares.join(', ')}]`)
  }
  return [...lines, `class = ${classes[classAt(tree, node)]}`]
}

const boxesOf = (shown: ShownTree, maxDepth: number, decimals: number): Box => {
  const build = (node: number, depth: number): Box => {
    const { tree } = shown
    const goesOn = !isLeaf(tree, node)
    const inner = goesOn && depth < maxDepth
    const lines = linesOf(shown, node, decimals, inner)
    if (goesOn && !inner) lines.push('…')
    return {
      node,
      lines,
      fill: fillOf(shown, node),
      width: Math.ceil(Math.max(...lines.map(line => line.length)) * glyph) + 2 * padding,
      height: lines.length * lineHeight + 2 * padding - 4,
      children: inner ? [build(tree.childrenLeft[node]!, depth + 1), build(tree.childrenRight[node]!, depth + 1)] : [],
      x: 0,
      y: 0,
    }
  }
  return build(0, 0)
}

/** Where each level of a part begins and ends, from the middle of its topmost box. */
type Outline = { readonly left: number; readonly right: number }[]

/** Puts children side by side as near as their outlines allow, and parents above their middle (after Reingold & Tilford 1981). */
const place = (box: Box, depth: number, tops: readonly number[]): Outline => {
  box.y = tops[depth]!
  const own = { left: -box.width / 2, right: box.width / 2 }
  if (box.children.length === 0) return [own]
  const [left, right] = box.children.map(child => place(child, depth + 1, tops)) as [Outline, Outline]
  let distance = 0
  for (let level = 0; level < Math.min(left.length, right.length); level++)
    distance = Math.max(distance, left[level]!.right - right[level]!.left + gap)
  const half = distance / 2
  for (const [i, child] of box.children.entries()) child.x = i === 0 ? -half : half
  const below = Array.from({ length: Math.max(left.length, right.length) }, (_, level) => {
    const a = left[level]
    const b = right[level]
    return {
      left: Math.min(a ? a.left - half : Infinity, b ? b.left + half : Infinity),
      right: Math.max(a ? a.right - half : -Infinity, b ? b.right + half : -Infinity),
    }
  })
  return [own, ...below]
}

/** The height of the tallest box of each level, and from it where levels begin. */
const topsOf = (root: Box): number[] => {
  const heights: number[] = []
  const visit = (box: Box, depth: number): void => {
    heights[depth] = Math.max(heights[depth] ?? 0, box.height)
    for (const child of box.children) visit(child, depth + 1)
  }
  visit(root, 0)
  let y = margin
  return heights.map(height => {
    const top = y
    y += height + levelGap
    return top
  })
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
const at = (x: number): string => String(Math.round(x * 10) / 10)

const drawEdge = (parent: Box, from: number, child: Box, to: number, word: string): string => {
  const [y1, y2] = [parent.y + parent.height, child.y]
  const middle = (y1 + y2) / 2
  const side = to < from ? 'end' : 'start'
  return `<path class="edge" d="M${at(from)} ${at(y1)}C${at(from)} ${at(middle)} ${at(to)} ${at(middle)} ${at(to)} ${at(y2)}"/><text class="word ${side}" x="${at(to + (to < from ? -6 : 6))}" y="${at(y2 - 8)}">${word}</text>`
}

const drawBox = (box: Box, x: number): string => {
  const left = x - box.width / 2
  const rows = box.lines.map((line, i) => {
    const head = i === 0 && box.children.length > 0 ? ' class="rule"' : ''
    return `<text${head} x="${at(x)}" y="${at(box.y + padding + 9 + i * lineHeight)}">${escaped(line)}</text>`
  })
  return `<g data-node="${box.node}"><rect x="${at(left)}" y="${at(box.y)}" width="${box.width}" height="${box.height}" rx="6" fill="${box.fill}"/>${rows.join('')}</g>`
}

const draw = (box: Box, x: number, out: { readonly edges: string[]; readonly boxes: string[] }): void => {
  out.boxes.push(drawBox(box, x))
  for (const [i, child] of box.children.entries()) {
    out.edges.push(drawEdge(box, x, child, x + child.x, i === 0 ? 'yes' : 'no'))
    draw(child, x + child.x, out)
  }
}

/**
 * A decision tree as a drawing (SVG): a box for each node with its rule, impurity, rows and class or value; the colour tells the class,
 * the stronger the purer, or how large the value is. Nothing overlaps.
 *
 * @param model what a decision tree's `fit` gave
 * @throws ArgumentError if the model is no decision tree, or names are not as many as its features
 * @example
 * const tree = await decisionTreeClassifier({ maxDepth: 3 }).fit(X, y)
 * const svg = exportSvg(tree, { featureNames: ['length', 'width', 'age'] })
 */
export const exportSvg = (model: object, options: ShowOptions = {}): string => {
  const { maxDepth = Infinity, decimals = 2 } = options
  const shown = shownTree('exportSvg', model, options)
  const root = boxesOf(shown, maxDepth, decimals)
  const tops = topsOf(root)
  const outline = place(root, 0, tops)
  const left = Math.min(...outline.map(level => level.left))
  const right = Math.max(...outline.map(level => level.right))
  const out = { edges: [] as string[], boxes: [] as string[] }
  draw(root, margin - left, out)
  const width = Math.ceil(right - left + 2 * margin)
  const height = Math.ceil(tops.at(-1)! + deepest(root) + margin)
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12.5"><style>rect{stroke:#444;stroke-width:1}text{fill:#1a1a1a;text-anchor:middle}.rule{font-weight:600}.edge{fill:none;stroke:#777;stroke-width:1.3}.word{fill:#555;font-size:11px}.end{text-anchor:end}.start{text-anchor:start}</style><rect x="0" y="0" width="${width}" height="${height}" fill="#fff" style="stroke:none"/>${out.edges.join('')}${out.boxes.join('')}</svg>\n`
}

/** The height of the tallest box of the deepest level. */
const deepest = (root: Box): number => {
  let level = [root]
  for (;;) {
    const next = level.flatMap(box => box.children)
    if (next.length === 0) return Math.max(...level.map(box => box.height))
    level = next
  }
}
