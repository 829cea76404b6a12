import type { Well } from './shot.ts'

/** A function over a grid: its values row by row, and the ends of both axes, on which the first and last values stand. */
export interface Grid {
  readonly values: ArrayLike<number>
  readonly rows: number
  readonly columns: number
  readonly x: readonly [number, number]
  readonly y: readonly [number, number]
}

/** The middle of a cell. */
export const middle = ([low, high]: readonly [number, number], cell: number, cells: number): number =>
  low + ((cell + 0.5) * (high - low)) / cells

/** On a map cells are coarse: a narrow valley that runs across them would look like a long row of wells, were only the next ones asked. */
const around = ({ rows }: Grid): number => (rows > 1 ? 3 : 1)

const neighbours = (grid: Grid, at: number): number[] => {
  const [row, column] = [Math.floor(at / grid.columns), at % grid.columns]
  const far = around(grid)
  const out: number[] = []
  for (let r = Math.max(0, row - far); r <= Math.min(grid.rows - 1, row + far); r++)
    for (let c = Math.max(0, column - far); c <= Math.min(grid.columns - 1, column + far); c++)
      if (r !== row || c !== column) out.push(r * grid.columns + c)
  return out
}

const atEdge = ({ rows, columns }: Grid, at: number): boolean => {
  const [row, column] = [Math.floor(at / columns), at % columns]
  return column === 0 || column === columns - 1 || (rows > 1 && (row === 0 || row === rows - 1))
}

/** A cell that no neighbour is below. */
export interface Candidate extends Well {
  readonly cell: number
}

/** Cells where all neighbours are higher, the deepest first: where a well may be. */
export const candidatesOf = (grid: Grid): Candidate[] => {
  const { values } = grid
  const found: Candidate[] = []
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i]!) || atEdge(grid, i) || neighbours(grid, i).some(j => !(values[j]! >= values[i]!)))
      continue
    // Of equal neighbours the first stands for all.
    if (neighbours(grid, i).some(j => j < i && values[j] === values[i])) continue
    found.push(candidateAt(grid, i))
  }
  return found.sort((a, b) => a.value - b.value).slice(0, 12)
}

const candidateAt = (grid: Grid, at: number): Candidate => ({
  cell: at,
  x: middle(grid.x, at % grid.columns, grid.columns),
  y: grid.rows > 1 ? middle(grid.y, Math.floor(at / grid.columns), grid.rows) : 0,
  value: grid.values[at]!,
})

/** The cell to which water would run from a point, or null where it leaves the window. */
export const lowestFrom = (grid: Grid, x: number, y: number): number | null => {
  const cell = (value: number, [low, high]: readonly [number, number], cells: number): number =>
    Math.floor(((value - low) / (high - low)) * cells)
  const column = cell(x, grid.x, grid.columns)
  const row = grid.rows > 1 ? cell(y, grid.y, grid.rows) : 0
  if (!(column >= 0 && column < grid.columns && row >= 0 && row < grid.rows)) return null
  let at = row * grid.columns + column
  for (let i = 0; i < grid.rows + grid.columns; i++) {
    const lower = neighbours(grid, at).reduce((best, j) => (grid.values[j]! < grid.values[best]! ? j : best), at)
    if (lower === at) break
    at = lower
  }
  return atEdge(grid, at) ? null : at
}

/** What is known of a function at a point: its value, slopes, and curvatures along x, across, and along y. */
export interface Bent {
  readonly value: number
  readonly slopes: readonly [number, number]
  readonly curvatures: readonly [xx: number, xy: number, yy: number]
}

/** The bottom near a candidate, by Newton's steps, shortened until they go down; the candidate itself where they find none, as at a kink. */
export const bottomNear = async (
  candidate: Well,
  width: number,
  at: (x: number, y: number) => Promise<Bent>,
): Promise<Well> => {
  let { x, y } = candidate
  let here = await at(x, y)
  for (let i = 0; i < 40; i++) {
    const [dx, dy] = newton(here, width)
    if (!Number.isFinite(dx + dy)) break
    if (Math.hypot(dx, dy) < 1e-7 * width) return { x, y, value: here.value }
    let share = 1
    let there = await at(x + dx, y + dy)
    while (!(there.value <= here.value) && share > 1e-3) {
      share /= 2
      there = await at(x + share * dx, y + share * dy)
    }
    if (share <= 1e-3) break
    x += share * dx
    y += share * dy
    here = there
  }
  const { x: x0, y: y0, value } = candidate
  return { x: x0, y: y0, value }
}

/** Newton's step, with enough curvature added to go down; no longer than a tenth of the window. */
const newton = ({ slopes: [gx, gy], curvatures: [xx, xy, yy] }: Bent, width: number): readonly [number, number] => {
  const least = (xx + yy) / 2 - Math.hypot((xx - yy) / 2, xy)
  const shift = least > 0 ? 0 : 1e-3 - 1.1 * least
  const [a, d] = [xx + shift, yy + shift]
  const determinant = a * d - xy * xy
  const [dx, dy] = [(xy * gy - d * gx) / determinant, (xy * gx - a * gy) / determinant]
  const share = Math.min(1, width / 10 / (Math.hypot(dx, dy) || 1))
  return [share * dx, share * dy]
}
