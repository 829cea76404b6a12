import type { ComponentChildren } from 'preact'

/** Letters are variables, and stand in italics; names of functions and units do not. */
const upright = new Set([
  'log',
  'exp',
  'max',
  'min',
  'sin',
  'cos',
  'tanh',
  'sum',
  'mean',
  'softmax',
  'relu',
  'sign',
  'if',
  'var',
])

const pieces = (text: string): ComponentChildren[] =>
  text
    .split(/([A-Za-z]+)/)
    .map(part => (/^[A-Za-zα-ωΑ-Ω]+$/.test(part) && !upright.has(part) && part.length <= 2 ? <i>{part}</i> : part))

/** A formula in one line: `x_i^2`, `e^{-x_i}`, `w_{ij}`; everything else stands as it is. */
export const Formula = ({ of }: { readonly of: string }) => <span class="formula">{parts(of)}</span>

const parts = (text: string): ComponentChildren[] => {
  const out: ComponentChildren[] = []
  // Braces may hold one more pair of braces.
  for (const [, mark, braced, single, plain] of text.matchAll(/([_^])(?:\{((?:[^{}]|\{[^{}]*\})*)\}|(\S))|([^_^]+)/g)) {
    if (plain !== undefined) out.push(...pieces(plain))
    else if (mark === '_') out.push(<sub>{parts(braced ?? single ?? '')}</sub>)
    else out.push(<sup>{parts(braced ?? single ?? '')}</sup>)
  }
  return out
}
