/** Ids in the making: an Int32Array that grows. */
export class IdList {
  length = 0
  private ids: Int32Array

  constructor(expected = 16) {
    this.ids = new Int32Array(Math.max(16, expected))
  }

  /** The list without its ids. */
  cleared(): this {
    this.length = 0
    return this
  }

  push(id: number): void {
    if (this.length === this.ids.length) this.grow(1)
    this.ids[this.length++] = id
  }

  pushAll(ids: ArrayLike<number>): void {
    if (this.length + ids.length > this.ids.length) this.grow(ids.length)
    for (let i = 0; i < ids.length; i++) this.ids[this.length + i] = ids[i]!
    this.length += ids.length
  }

  /** The ids so far, in memory of their own. */
  toArray(): Int32Array {
    return this.ids.slice(0, this.length)
  }

  private grow(by: number): void {
    const ids = new Int32Array(Math.max(2 * this.ids.length, this.length + by))
    ids.set(this.ids)
    this.ids = ids
  }
}
