import type { Expression } from './expression.ts'

const methods = { '+': 'add', '-': 'sub', '*': 'mul', '/': 'div', '^': 'pow' } as const
const called: Readonly<Record<string, string>> = { max: 'maximum', min: 'minimum' }

/** A tree as a program's text, in the library's operations; numbers among themselves stay JavaScript. */
export const codeOf = (tree: Expression): { readonly text: string; readonly number: boolean } => {
  switch (tree.kind) {
    case 'number':
      return { text: String(tree.value), number: true }
    case 'name':
      return { text: tree.name, number: false }
    case 'negate': {
      const of = codeOf(tree.of)
      return of.number ? { text: `-(${of.text})`, number: true } : { text: `${of.text}.neg()`, number: false }
    }
    case 'binary': {
      const [left, right] = [codeOf(tree.left), codeOf(tree.right)]
      const { operator } = tree
      if (left.number && right.number)
        return { text: `(${left.text} ${operator === '^' ? '**' : operator} ${right.text})`, number: true }
      const first = left.number ? `tensor(${left.text})` : left.text
      return { text: `${first}.${methods[operator]}(${right.text})`, number: false }
    }
    case 'call': {
      const [a, ...rest] = tree.of.map(codeOf)
      const first = a!.number ? `tensor(${a!.text})` : a!.text
      return {
        text: `${first}.${called[tree.name] ?? tree.name}(${rest.map(part => part.text).join(', ')})`,
        number: false,
      }
    }
  }
}
