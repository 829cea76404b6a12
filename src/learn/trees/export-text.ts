import { classAt, isLeaf, type ShowOptions, shownTree } from './shown-tree.ts'

/**
 * A decision tree as lines of text, one a rule, indented by depth.
 *
 * @param model what a decision tree's `fit` gave
 * @throws ArgumentError if the model is no decision tree, or names are not as many as its features
 * @example
 * exportText(await decisionTreeClassifier({ maxDepth: 1 }).fit([[0], [1]], ['a', 'b']))
 * // |--- x0 <= 0.50
 * // |   |--- class: a
 * // |--- x0 >  0.50
 * // |   |--- class: b
 */
export const exportText = (model: object, options: ShowOptions = {}): string => {
  const { maxDepth = Infinity, decimals = 2 } = options
  const shown = shownTree('exportText', model, options)
  const { tree, classes } = shown
  const lines: string[] = []
  const put = (depth: number, text: string): void => {
    lines.push(`${'|   '.repeat(depth)}|--- ${text}`)
  }
  const visit = (node: number, depth: number): void => {
    if (isLeaf(tree, node)) {
      put(
        depth,
        classes.length > 0
          ? `class: ${classes[classAt(tree, node)]}`
          : `value: ${tree.value.data[node]!.toFixed(decimals)}`,
      )
      return
    }
    if (depth > maxDepth) {
      put(depth, 'branch left out')
      return
    }
    const threshold = tree.threshold[node]!.toFixed(decimals)
    put(depth, `${shown.feature(node)} <= ${threshold}`)
    visit(tree.childrenLeft[node]!, depth + 1)
    put(depth, `${shown.feature(node)} >  ${threshold}`)
    visit(tree.childrenRight[node]!, depth + 1)
  }
  visit(0, 0)
  return lines.join('\n')
}
