/** A function to go down, its window, and where and how fast one begins when it is chosen. */
export interface Scenery {
  readonly title: string
  readonly expression: string
  /** Ends of the picture: of x, and of y where there is one. */
  readonly x: readonly [number, number]
  readonly y?: readonly [number, number]
  readonly start: readonly [number, number]
  readonly rate: number
}

/** The functions of the lab, written as one would type them. */
export const functions = {
  parabola: { title: 'parabola', expression: 'x^2', x: [-2, 2], start: [1, 0], rate: 0.1 },
  well: { title: 'double well', expression: '0.25x^4 - x^2 + 0.15x', x: [-2.4, 2.4], start: [2.2, 0], rate: 0.05 },
  plateau: { title: 'plateau and valley', expression: '1 - exp(-x^2)', x: [-4, 4], start: [3.4, 0], rate: 0.3 },
  waves: { title: 'waves', expression: '0.05x^2 - cos(3x)', x: [-5, 5], start: [4.3, 0], rate: 0.05 },
  bowl: { title: 'bowl', expression: 'x^2 + y^2', x: [-2, 2], y: [-2, 2], start: [-1.5, 1.2], rate: 0.1 },
  ravine: { title: 'ravine', expression: '0.5x^2 + 10y^2', x: [-4, 4], y: [-2, 2], start: [-3.5, 1], rate: 0.09 },
  saddle: { title: 'saddle', expression: 'x^2 - y^2', x: [-2, 2], y: [-2, 2], start: [-1.5, 0.001], rate: 0.1 },
  rosenbrock: {
    title: 'Rosenbrock’s valley',
    expression: '(1 - x)^2 + 100(y - x^2)^2',
    x: [-2, 2],
    y: [-1, 3],
    start: [-1.2, 1],
    rate: 0.001,
  },
  himmelblau: {
    title: 'Himmelblau’s four wells',
    expression: '(x^2 + y - 11)^2 + (x + y^2 - 7)^2',
    x: [-5, 5],
    y: [-5, 5],
    start: [0, -0.5],
    rate: 0.01,
  },
} as const satisfies Record<string, Scenery>

export const functionNames = [...(Object.keys(functions) as (keyof typeof functions)[]), 'own'] as const
export type FunctionChoice = (typeof functionNames)[number]

/** What is gone down: one of the lab's, or one that was typed. */
export const sceneryOf = ({
  function: name,
  expression,
}: {
  readonly function: FunctionChoice
  readonly expression: string
}): Scenery =>
  name === 'own'
    ? { title: 'own function', expression, x: [-5, 5], y: [-5, 5], start: [2, 2], rate: 0.05 }
    : (functions[name] as Scenery)
