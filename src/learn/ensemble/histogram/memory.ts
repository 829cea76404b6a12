/** Where the arrays of a fit lie: in one WebAssembly memory, so that its loops reach them, or apart. Threads may share either. */
export interface Arena {
  readonly memory: WebAssembly.Memory | undefined
  bytes(n: number): Uint8Array
  ints(n: number): Int32Array
  singles(n: number): Float32Array
  doubles(n: number): Float64Array
}

const page = 65536
const most = 65536

const views = (take: (bytes: number) => readonly [ArrayBuffer, number]): Omit<Arena, 'memory'> => ({
  bytes: n => new Uint8Array(...take(n), n),
  ints: n => new Int32Array(...take(4 * n), n),
  singles: n => new Float32Array(...take(4 * n), n),
  doubles: n => new Float64Array(...take(8 * n), n),
})

/** Arrays apart from one another. */
const apart = (shared: boolean): Arena => ({
  memory: undefined,
  ...views(bytes => [(shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes)) as ArrayBuffer, 0]),
})

/** Room for `bytes` in all, and for a few arrays' gaps. Without WebAssembly, or with too little room there, the arrays lie apart. */
export const arena = (bytes: number, shared: boolean): Arena => {
  const needed = Math.ceil((bytes + page) / page) + 1
  if (typeof WebAssembly === 'undefined' || needed > most / 2) return apart(shared)
  try {
    const memory = new WebAssembly.Memory({ initial: needed, ...(shared ? { maximum: most, shared } : {}) })
    let next = 0
    return {
      memory,
      ...views(size => {
        const at = next
        next = Math.ceil((at + size) / 64) * 64
        return [memory.buffer as ArrayBuffer, at]
      }),
    }
  } catch {
    return apart(shared)
  }
}
