/** One call on a context, or one property set. */
export interface Recorded {
  readonly name: string
  readonly values: readonly unknown[]
}

/** A context that draws nothing and remembers everything, for tests; letters are 6 pixels wide. */
export const recording = (): { readonly ctx: CanvasRenderingContext2D; readonly calls: Recorded[] } => {
  const calls: Recorded[] = []
  const state: Record<string, unknown> = { globalAlpha: 1 }
  const ctx = new Proxy(state, {
    get: (target, name: string) => {
      if (name in target) return target[name]
      if (name === 'measureText') return (text: string) => ({ width: Array.from(text).length * 6 })
      return (...values: unknown[]) => {
        calls.push({ name, values })
      }
    },
    set: (target, name: string, value: unknown) => {
      target[name] = value
      calls.push({ name, values: [value] })
      return true
    },
  })
  return { ctx: ctx as unknown as CanvasRenderingContext2D, calls }
}
