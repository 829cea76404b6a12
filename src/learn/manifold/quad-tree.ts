/** A halving that still parts points; those that are nearer together count as one. */
const deepest = 40

/**
 * Points of a line, a plane or of space in boxes that halve along every axis, in flat arrays. Boxes stand in the order in which they are visited,
 * each with the number of the box that follows when its inside is passed over.
 *
 * Source: Barnes & Hut 1986.
 */
export class SpaceTree {
  readonly dimensions: number
  /** Numbers of a box: its centre of mass, how many points are in it, its squared width (0 of a single point). */
  readonly stride: number
  /** How many boxes there are. */
  count = 0
  boxes = new Float64Array(0)
  /** The box after this one and all in it. */
  skip = new Int32Array(0)
  /** The points in the order of their boxes: neighbours follow each other. */
  order = new Int32Array(0)
  private scratch = new Int32Array(0)
  private part = new Uint8Array(0)
  private points: Float64Array = new Float64Array(0)
  /** Middles of the boxes on the way down. */
  private readonly middles: Float64Array
  private readonly counts: Int32Array

  constructor(dimensions: number) {
    this.dimensions = dimensions
    this.stride = dimensions + 2
    this.middles = new Float64Array((deepest + 2) * dimensions)
    this.counts = new Int32Array((deepest + 2) * ((1 << dimensions) + 1))
  }

  /** Puts points, `dimensions` numbers each, into boxes anew. */
  build(points: Float64Array): void {
    const d = this.dimensions
    const N = points.length / d
    this.points = points
    if (this.order.length !== N) {
      this.order = new Int32Array(N)
      this.scratch = new Int32Array(N)
      this.part = new Uint8Array(N)
      this.reserve(4 * N + 16)
    }
    let width = 0
    for (let a = 0; a < d; a++) {
      let low = Infinity
      let high = -Infinity
      for (let i = a; i < points.length; i += d) {
        if (points[i]! < low) low = points[i]!
        if (points[i]! > high) high = points[i]!
      }
      this.middles[a] = low
      width = Math.max(width, high - low)
    }
    width = width * (1 + 1e-9) + 1e-300
    for (let a = 0; a < d; a++) this.middles[a]! += width / 2
    for (let i = 0; i < N; i++) this.order[i] = i
    this.count = 0
    this.place(0, N, 0, width)
  }

  private reserve(boxes: number): void {
    const grown = new Float64Array(boxes * this.stride)
    grown.set(this.boxes.subarray(0, this.count * this.stride))
    const skip = new Int32Array(boxes)
    skip.set(this.skip.subarray(0, this.count))
    this.boxes = grown
    this.skip = skip
  }

  // Called for every box: four numbers, no object.
  private place(from: number, to: number, depth: number, width: number): void {
    const { dimensions: d, stride, order, scratch, part, points, middles, counts } = this
    if (this.count >= this.skip.length) this.reserve(2 * this.skip.length)
    const box = this.count++
    const at = box * stride
    const { boxes } = this
    const size = to - from
    for (let a = 0; a < d; a++) {
      let sum = 0
      for (let i = from; i < to; i++) sum += points[order[i]! * d + a]!
      boxes[at + a] = sum / size
    }
    boxes[at + d] = size
    if (size === 1 || depth > deepest) {
      boxes[at + d + 1] = 0
      this.skip[box] = this.count
      return
    }
    boxes[at + d + 1] = width * width
    const parts = 1 << d
    const own = depth * d
    const start = depth * (parts + 1)
    for (let q = 0; q <= parts; q++) counts[start + q] = 0
    for (let i = from; i < to; i++) {
      let q = 0
      for (let a = 0; a < d; a++) if (points[order[i]! * d + a]! > middles[own + a]!) q |= 1 << a
      part[i] = q
      counts[start + q + 1]!++
    }
    for (let q = 0; q < parts; q++) counts[start + q + 1]! += counts[start + q]!
    for (let i = to - 1; i >= from; i--) scratch[i] = order[i]!
    // Filled from the ends of the parts, so that what is left are their beginnings.
    for (let i = to - 1; i >= from; i--) order[from + --counts[start + part[i]! + 1]!] = scratch[i]!
    for (let q = 0; q < parts; q++) {
      const first = from + counts[start + q + 1]!
      const last = q + 1 < parts ? from + counts[start + q + 2]! : to
      if (first === last) continue
      for (let a = 0; a < d; a++) middles[own + d + a] = middles[own + a]! + ((q >> a) & 1 ? width / 4 : -width / 4)
      this.place(first, last, depth + 1, width / 2)
    }
    this.skip[box] = this.count
  }
}
