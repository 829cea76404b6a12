/** The k nearest of what is added, by distance and then by number: a heap with the farthest on top. */
export class Nearest {
  private readonly distances: Float64Array
  private readonly rows: Int32Array
  private count = 0
  /** The distance that another must not exceed; infinite while there is room. */
  worst = Infinity

  constructor(k: number) {
    this.distances = new Float64Array(k)
    this.rows = new Int32Array(k)
  }

  clear(): void {
    this.count = 0
    this.worst = Infinity
  }

  add(distance: number, row: number): void {
    const { distances, rows } = this
    if (this.count < distances.length) {
      let at = this.count++
      while (at > 0) {
        const parent = (at - 1) >> 1
        if (!isFarther(distance, row, distances[parent]!, rows[parent]!)) break
        distances[at] = distances[parent]!
        rows[at] = rows[parent]!
        at = parent
      }
      distances[at] = distance
      rows[at] = row
      if (this.count === distances.length) this.worst = distances[0]!
      return
    }
    if (!isFarther(distances[0]!, rows[0]!, distance, row)) return
    this.replaceTop(distance, row, this.count)
    this.worst = distances[0]!
  }

  private replaceTop(distance: number, row: number, count: number): void {
    const { distances, rows } = this
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= count) break
      if (child + 1 < count && isFarther(distances[child + 1]!, rows[child + 1]!, distances[child]!, rows[child]!))
        child++
      if (!isFarther(distances[child]!, rows[child]!, distance, row)) break
      distances[at] = distances[child]!
      rows[at] = rows[child]!
      at = child
    }
    distances[at] = distance
    rows[at] = row
  }

  /** Writes them, the nearest first, from a place on; what was added is gone. */
  take(distances: Float64Array, rows: Int32Array, from: number): void {
    for (let left = this.count; left > 0; left--) {
      distances[from + left - 1] = this.distances[0]!
      rows[from + left - 1] = this.rows[0]!
      this.replaceTop(this.distances[left - 1]!, this.rows[left - 1]!, left - 1)
    }
    this.clear()
  }
}

const isFarther = (d1: number, r1: number, d2: number, r2: number): boolean => d1 > d2 || (d1 === d2 && r1 > r2)
