// Writing WebAssembly modules of one function.
// Source of the encoding: WebAssembly Core Specification 2.0, chapter 5 (binary format), section 5.4.9 (vector instructions).

export const [i32, f32, f64, v128] = [0x7f, 0x7d, 0x7c, 0x7b]

/** An unsigned number in LEB128. */
export const leb = (n: number): number[] => {
  const bytes: number[] = []
  let rest = n
  do {
    const low = rest & 0x7f
    rest >>>= 7
    bytes.push(rest === 0 ? low : low | 0x80)
  } while (rest !== 0)
  return bytes
}
const vector = (items: readonly (readonly number[])[]): number[] => [...leb(items.length), ...items.flat()]
const section = (id: number, body: readonly number[]): number[] => [id, ...leb(body.length), ...body]
/** A vector instruction. */
export const simd = (code: number): number[] => [0xfd, ...leb(code)]
const name = (text: string): number[] => [...leb(text.length), ...new TextEncoder().encode(text)]
export const floatBytes = (x: number): number[] => [...new Uint8Array(new Float32Array([x]).buffer)]

export interface FunctionCode {
  readonly parameters: readonly number[]
  readonly results: readonly number[]
  readonly locals: readonly number[]
  readonly body: readonly number[]
  /** Functions of the host that the body calls, by their places: so many float64 in, one out. */
  readonly host?: readonly { readonly name: string; readonly arguments: number }[]
}

/** A module of one function `run` on an imported memory. */
export const moduleOf = ({ parameters, results, locals, body, host = [] }: FunctionCode): Uint8Array => {
  const each = (types: readonly number[]): number[] => vector(types.map(type => [type]))
  const hostTypes = host.map(f => [0x60, ...each(new Array<number>(f.arguments).fill(f64)), ...each([f64])])
  const hostImports = host.map((f, i) => [...name('env'), ...name(f.name), 0x00, ...leb(i + 1)])
  const declared = vector(locals.map(type => [1, type]))
  const size = leb(declared.length + body.length)
  const head = [
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector([[0x60, ...each(parameters), ...each(results)], ...hostTypes])),
    ...section(2, vector([[...name('env'), ...name('memory'), 0x02, 0x00, ...leb(1)], ...hostImports])),
    ...section(3, vector([[0]])),
    ...section(7, vector([[...name('run'), 0x00, ...leb(host.length)]])),
    ...[10, ...leb(1 + size.length + declared.length + body.length), 1, ...size, ...declared],
  ]
  // The body may be long: it is copied once.
  const bytes = new Uint8Array(head.length + body.length)
  bytes.set(head)
  bytes.set(body, head.length)
  return bytes
}
