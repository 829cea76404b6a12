import { FormatError } from '../core/errors.ts'
import type { StoredTensor } from './safetensors.ts'

/** Sizes of a llama2.c model. */
export interface Llama2cSizes {
  readonly embedDim: number
  readonly hiddenDim: number
  readonly numLayers: number
  readonly numHeads: number
  readonly numKeyHeads: number
  readonly vocabSize: number
  readonly contextLength: number
  /** Whether the head is the token embedding. */
  readonly tieWeights: boolean
}

/** What a llama2.c checkpoint holds: weights under Hugging Face's names and in its order. */
export interface Llama2c {
  readonly sizes: Llama2cSizes
  readonly tensors: Map<string, StoredTensor>
}

const magic = 0x616b3432 // "ak42", of the formats after the first
const headerBytes = 256
const again = 'Give a checkpoint of llama2.c (version 0, 1 or 2), or download it again.'

/** Numbers of a checkpoint in their order; float32, or groups of 8-bit numbers with a scale each. */
interface Numbers {
  readonly floats: (count: number) => Float32Array
  readonly matrix: (count: number) => Float32Array
}

const numbersOf = (bytes: Uint8Array, start: number, group: number | null): Numbers => {
  let at = start
  const take = (length: number): Uint8Array<ArrayBuffer> => {
    // A copy, so that numbers begin where they may; a Buffer's own slice would be none.
    const taken = new Uint8Array(bytes.subarray(at, at + length))
    at += length
    return taken
  }
  const floats = (count: number): Float32Array => new Float32Array(take(4 * count).buffer)
  const groups = (count: number): Float32Array => {
    const values = new Int8Array(take(count).buffer)
    const scales = floats(count / group!)
    return Float32Array.from(values, (value, i) => value * scales[Math.floor(i / group!)]!)
  }
  return { floats, matrix: group === null ? floats : groups }
}

/** llama2.c turns neighbours `(2i, 2i + 1)` of a head by its angles, Hugging Face `(i, i + hd/2)`: rows change places. */
const halved = (rows: Float32Array, heads: number, headDim: number, width: number): Float32Array => {
  const out = new Float32Array(rows.length)
  for (let head = 0; head < heads; head++) {
    for (let i = 0; i < headDim; i++) {
      const from = head * headDim + i
      const to = head * headDim + (i % 2) * (headDim / 2) + (i >> 1)
      out.set(rows.subarray(from * width, (from + 1) * width), to * width)
    }
  }
  return out
}

/** Parts of the model in the order of the first format and of the later ones. */
type Part = 'embed' | 'norms1' | 'q' | 'k' | 'v' | 'o' | 'norms2' | 'gate' | 'down' | 'up' | 'norm' | 'angles' | 'head'
const order0: readonly Part[] = [
  'embed',
  'norms1',
  'q',
  'k',
  'v',
  'o',
  'norms2',
  'gate',
  'down',
  'up',
  'norm',
  'angles',
  'head',
]
const order1: readonly Part[] = ['norms1', 'norms2', 'norm', 'embed', 'q', 'k', 'v', 'o', 'gate', 'down', 'up', 'head']

/**
 * The sizes and weights of a checkpoint of llama2.c: seven int32 sizes, then all weights; or, in the later formats, a header of 256 bytes
 * that begins with "ak42". Version 2 has its matrices in groups of 8-bit numbers.
 *
 * @param where what messages name: the file
 * @throws FormatError where sizes and bytes disagree
 * Source: karpathy/llama2.c, `export.py`.
 */
export const decodeLlama2c = (bytes: Uint8Array, where: string): Llama2c => {
  const wrong = (what: string): FormatError => new FormatError(`${where}: ${what}. ${again}`)
  if (bytes.length < headerBytes) throw wrong(`has ${bytes.length} bytes, too few for a model`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const int = (at: number): number => view.getInt32(at, true)
  const version = view.getUint32(0, true) === magic ? int(4) : 0
  if (version < 0 || version > 2) throw wrong(`is of version ${version}`)
  const at = version === 0 ? 0 : 8
  const [embedDim, hiddenDim, numLayers, numHeads, numKeyHeads, vocab, contextLength] = Array.from(
    { length: 7 },
    (_, i) => int(at + 4 * i),
  ) as [number, number, number, number, number, number, number]
  const tieWeights = version === 0 ? vocab > 0 : view.getUint8(36) !== 0
  const group = version === 2 ? int(37) : null
  const sizes = {
    embedDim,
    hiddenDim,
    numLayers,
    numHeads,
    numKeyHeads,
    vocabSize: Math.abs(vocab),
    contextLength,
    tieWeights,
  }
  for (const [key, value] of Object.entries(sizes))
    if (typeof value === 'number' && (value < 1 || value > 2 ** 24)) throw wrong(`has a ${key} of ${value}`)
  if (embedDim % numHeads !== 0 || (embedDim / numHeads) % 2 !== 0 || numHeads % numKeyHeads !== 0)
    throw wrong(`has ${numHeads} heads and ${numKeyHeads} of keys in a width of ${embedDim}, which do not fit`)
  const headDim = embedDim / numHeads
  const keyDim = headDim * numKeyHeads
  const counts: Record<Part, number> = {
    embed: sizes.vocabSize * embedDim,
    norms1: embedDim,
    q: embedDim * embedDim,
    k: keyDim * embedDim,
    v: keyDim * embedDim,
    o: embedDim * embedDim,
    norms2: embedDim,
    gate: hiddenDim * embedDim,
    down: hiddenDim * embedDim,
    up: hiddenDim * embedDim,
    norm: embedDim,
    // Angles that were once stored; they follow from the sizes.
    angles: contextLength * headDim,
    head: tieWeights ? 0 : sizes.vocabSize * embedDim,
  }
  const once = (part: Part): boolean => ['embed', 'norm', 'angles', 'head'].includes(part)
  const parts = version === 0 ? order0 : order1
  const vectors = (part: Part): boolean => part.startsWith('norm') || part === 'angles'
  if (group !== null && (group < 1 || parts.some(part => !vectors(part) && counts[part] % group !== 0)))
    throw wrong(`has groups of ${group}, which do not divide its matrices`)
  const bytesOf = (part: Part): number => {
    const count = counts[part] * (once(part) ? 1 : numLayers)
    return group === null || vectors(part) ? 4 * count : count + (4 * count) / group
  }
  const start = version === 0 ? 28 : headerBytes
  const needed = start + parts.reduce((sum, part) => sum + bytesOf(part), 0)
  if (needed !== bytes.length) throw wrong(`has ${bytes.length} bytes, and a model of its sizes has ${needed}`)

  const numbers = numbersOf(bytes, start, group)
  const tensors = new Map<string, StoredTensor>()
  const put = (name: string, shape: readonly number[], data: Float32Array): void => {
    tensors.set(name, { dtype: 'float32', shape, data })
  }
  const layers: Partial<Record<Part, { name: string; shape: readonly number[] }>> = {
    norms1: { name: 'input_layernorm', shape: [embedDim] },
    norms2: { name: 'post_attention_layernorm', shape: [embedDim] },
    q: { name: 'self_attn.q_proj', shape: [embedDim, embedDim] },
    k: { name: 'self_attn.k_proj', shape: [keyDim, embedDim] },
    v: { name: 'self_attn.v_proj', shape: [keyDim, embedDim] },
    o: { name: 'self_attn.o_proj', shape: [embedDim, embedDim] },
    gate: { name: 'mlp.gate_proj', shape: [hiddenDim, embedDim] },
    down: { name: 'mlp.down_proj', shape: [embedDim, hiddenDim] },
    up: { name: 'mlp.up_proj', shape: [hiddenDim, embedDim] },
  }
  for (const part of parts) {
    const read = vectors(part) ? numbers.floats : numbers.matrix
    if (part === 'angles') read(counts[part])
    else if (part === 'embed') put('model.embed_tokens.weight', [sizes.vocabSize, embedDim], read(counts[part]))
    else if (part === 'norm') put('model.norm.weight', [embedDim], read(counts[part]))
    else if (part === 'head') {
      if (!tieWeights) put('lm_head.weight', [sizes.vocabSize, embedDim], read(counts[part]))
    } else {
      const { name, shape } = layers[part]!
      for (let layer = 0; layer < numLayers; layer++) {
        const data = read(counts[part])
        const turned = part === 'q' || part === 'k'
        put(
          `model.layers.${layer}.${name}.weight`,
          shape,
          turned ? halved(data, shape[0]! / headDim, headDim, embedDim) : data,
        )
      }
    }
  }
  return { sizes, tensors }
}
