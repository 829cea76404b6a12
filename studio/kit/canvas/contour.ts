// Which edges of a cell a line joins, for each of the 16 patterns of corners above the level (bit 1 top left, 2 top right,
// 4 bottom right, 8 bottom left). Edges: 0 top, 1 right, 2 bottom, 3 left. 5 and 10 are saddles, settled by the middle.
const joins: readonly (readonly number[])[] = [
  [],
  [3, 0],
  [0, 1],
  [3, 1],
  [1, 2],
  [3, 0, 1, 2],
  [0, 2],
  [3, 2],
  [2, 3],
  [2, 0],
  [0, 1, 2, 3],
  [2, 1],
  [1, 3],
  [1, 0],
  [0, 3],
  [],
]

/**
 * Where a grid of values crosses a level, by marching squares with linear interpolation.
 * Returns segments as x0, y0, x1, y1, …, in columns and rows from the middle of the first cell. Cells with NaN have none.
 */
export const contour = (values: ArrayLike<number>, rows: number, columns: number, level: number): number[] => {
  const out: number[] = []
  for (let row = 0; row + 1 < rows; row++)
    for (let column = 0; column + 1 < columns; column++) {
      const at = row * columns + column
      const a = values[at]! - level
      const b = values[at + 1]! - level
      const c = values[at + columns + 1]! - level
      const d = values[at + columns]! - level
      const middle = a + b + c + d
      if (Number.isNaN(middle)) continue
      let pattern = (a > 0 ? 1 : 0) | (b > 0 ? 2 : 0) | (c > 0 ? 4 : 0) | (d > 0 ? 8 : 0)
      if ((pattern === 5 || pattern === 10) && middle > 0) pattern = 15 - pattern
      for (const edge of joins[pattern]!) {
        if (edge === 0) out.push(column + a / (a - b), row)
        else if (edge === 1) out.push(column + 1, row + b / (b - c))
        else if (edge === 2) out.push(column + d / (d - c), row + 1)
        else out.push(column, row + a / (a - d))
      }
    }
  return out
}
